export type PictureFormat =
  | "jpeg" | "png" | "gif" | "bmp" | "webp" | "ico" | "tiff" | "avif" | "heic" | "jxl" | "svg";

/** A format that is written. */
export type TargetFormat = "webp" | "avif" | "jpeg" | "png";

/**
 * Who is at fault.
 *
 * - `malformed`: the picture is damaged, cut short or lies about itself.
 * - `unsupported`: the picture is sound, but not of a kind that is converted here; or it is no picture.
 * - `limit`: the picture asks for more than `limits` allow.
 * - `memory`: there is no memory left.
 * - `parameter`: an option is unknown or has a value that isn't allowed. The message names both.
 * - `larger`: the result would be longer than `targetSize` at any quality.
 * - `io`: the file, or the engine itself, can't be read.
 * - `internal`: a fault of slimpix.
 */
export type ErrorKind =
  | "malformed" | "unsupported" | "limit" | "memory" | "parameter" | "larger" | "io" | "internal";

/** What `probe` and `convert` fail with. */
export interface SlimpixError extends Error {
  name: "SlimpixError";
  kind: ErrorKind;
}

/** The most that a picture may ask for: it is refused from its header, before memory is taken for it. */
export interface Limits {
  /** Bytes of the source. Default 67108864 (64 MiB). */
  maxInputBytes?: number;
  /** Pixels of the source. Default 100 million; a photo of 12 megapixels has 12 million. */
  maxPixels?: number;
  /** Pixels on one side of the source. Default 65535, the most that a JPEG can have. */
  maxSide?: number;
  /**
   * Bytes of memory that the conversion may take, the source included. Default 1073741824 (1 GiB). Where trying a
   * graphic without loss would pass it, the result is lossy.
   */
  maxMemory?: number;
  /**
   * Bytes of the result. Default: without limit. A conversion ends as soon as its result is sure to be longer, which is
   * no error: the source is given back, with `kept: "larger"`.
   */
  maxOutputBytes?: number;
}

export interface ProbeOptions {
  /** The most that the picture may ask for. */
  limits?: Limits;
}

/** What a picture's header says. */
export interface Probe {
  format: PictureFormat;
  /** Pixels, as the picture is looked at: the EXIF orientation is applied. */
  width: number;
  height: number;
  /** Bits a sample. */
  depth: number;
  alpha: boolean;
  color: boolean;
  /** Undefined when the answer stands past the bytes seen. */
  animated: boolean | undefined;
  /** An ICC profile is embedded. */
  icc: boolean;
  /** Can `convert` read it? */
  convertible: boolean;
}

/** What is asked of a conversion. Unknown keys and values that aren't allowed are refused. */
export interface ConvertOptions {
  /**
   * The format to write. Default "webp". AVIF is smaller for photos and takes many times as long; "jpg" is "jpeg".
   */
  format?: TargetFormat | "jpg";
  /**
   * 0 to 100. Default 80. Without effect on a lossless result, which a WebP is at 100, unless `lossless` is false or
   * there is a `targetSize`.
   */
  quality?: number;
  /** Levels of alpha that a lossy WebP keeps, 0 to 100: 2 to 248 levels for 0 to 99. Default 100: all of them. */
  alphaQuality?: number;
  /** Time spent to make the file small: 0 (fastest) to 6 (smallest). Default 4. */
  effort?: number;
  /**
   * True: every pixel as it was, in a WebP or PNG. False: lossy. Default: lossless for graphics where that is smaller,
   * lossy for photos.
   */
  lossless?: boolean;
  /** The width of the box that the picture must meet, 1 to 65535 pixels. Default: as `height` and the shape have it. */
  width?: number;
  /** The height of that box, 1 to 65535 pixels. Default: as `width` and the shape have it. */
  height?: number;
  /**
   * How the picture meets the box, in the words of CSS `object-fit`: "contain", as large as fits inside; "cover", the
   * box is filled and what stands over cropped; "fill", exactly the box, the shape isn't kept; "scale-down", as
   * "contain" and never enlarged; "pad", as "contain" with rims to exactly the box. Default "contain".
   */
  fit?: "contain" | "cover" | "fill" | "scale-down" | "pad";
  /** May the result be larger than the source? Default false. */
  enlarge?: boolean;
  /**
   * Which part a crop keeps, or where a padded picture lies: "centre", the middle; "entropy", the part with the most detail, which takes the whole
   * picture into memory; "low", the top or left; "high", the bottom or right; a side or a corner; or what is
   * around a point, as shares of width and height from the top left: "0.25x0.5". Default "centre".
   */
  interest?:
    | "centre" | "entropy" | "low" | "high" | "left" | "right" | "top" | "bottom"
    | "top-left" | "top-right" | "bottom-left" | "bottom-right" | `${number}x${number}`;
  /**
   * Degrees by which the picture is turned clockwise, after what its file says. Sizes, crops and rims are those of what is
   * turned. Default 0.
   */
  rotate?: 0 | 90 | 180 | 270;
  /** Mirrors the picture after that: "h", left to right, "v", top to bottom, or "both". Default: not at all. */
  flip?: "h" | "v" | "both";
  /**
   * Cuts off the border around the picture, before its size is reckoned: by how much a sample may differ from the border's
   * colour, 0 to 255, where 10 is more than a JPEG's noise; with a colour, as "10:ffffff", else it is that of the pixel at
   * the top left. What is transparent is border, too, and a picture that is nothing else stays as it is. The picture is
   * decoded twice. Default: nothing is cut off.
   */
  trim?: number | `${number}` | `${number}:${string}`;
  /**
   * A colour of three or six hexadecimal digits, as "#f80" or "ff8800": it is behind what is transparent, and is that of
   * the rims of `fit: "pad"`. Default: none, these are transparent, and white in a JPEG.
   */
  background?: string;
  /**
   * Blurs the result: the standard deviation of a Gaussian in pixels, 0.3 to 100, in tenths. Rims stay as they are.
   * Default 0: not at all.
   */
  blur?: number;
  /** Sharpens the result: the fineness of what is made clearer in pixels, 0.3 to 10, in tenths. Default 0: not at all. */
  sharpen?: number;
  /**
   * The file of a picture that is put on the result, rims included; of more than 1024 pixels a side it is scaled to that.
   * Default: none.
   */
  watermark?: Uint8Array;
  /**
   * Where that is: an opacity from 0.01 to 1, a side, a corner or a point, two offsets in pixels, and its share of the
   * result's width, each of which may be left out: "0.5:bottom-right:10:10:0.2", "0.3::::0.5". Default "1:centre", as large
   * as it is.
   */
  watermarkAt?: string;
  /**
   * How samples are made of those of the source: "lanczos3" is the sharpest, "mitchell" has no halos at edges, "area" is
   * the mean, "nearest" is for drawings of large pixels. Default "lanczos3".
   */
  filter?: "lanczos3" | "mitchell" | "area" | "nearest";
  /** Scale amounts of light instead of samples: right for stars and grids of pixels, and slower. Default false. */
  linear?: boolean;
  /** Keep EXIF, XMP and the ICC profile. Default false: they go, and colours become sRGB. */
  keepMetadata?: boolean;
  /**
   * The first frame of an animation, as a still picture. Default false: it stays an animation where the format is WebP,
   * and is kept as it is for any other.
   */
  still?: boolean;
  /**
   * The most bytes that the result may have: its quality is the highest up to `quality` with which it has no more, found
   * by coding again and again. When none has, the error's `kind` is "larger". Default: as long as it gets.
   */
  targetSize?: number;
  /** The most that the picture may ask for. */
  limits?: Limits;
}

export interface Converted {
  /** The file. Its memory is its own. */
  bytes: Uint8Array<ArrayBuffer>;
  format: PictureFormat;
  /** As in `Content-Type`. */
  mediaType: string;
  width: number;
  height: number;
  /** Coded without loss. Undefined when the source was kept. */
  lossless?: boolean;
  /**
   * Why `bytes` is the source itself: it moves, and a still would not be the same; or the result would be longer than
   * `limits.maxOutputBytes`.
   */
  kept?: "animated" | "larger";
  /** The engine's memory that the conversion reserved, the source included. */
  peakBytes: number;
}
