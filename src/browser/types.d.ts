export type PictureFormat =
  | "jpeg" | "png" | "gif" | "bmp" | "webp" | "ico" | "tiff" | "avif" | "heic" | "jxl" | "svg";

/** Who is at fault: the picture, what was asked of it, or this program. */
export type ErrorKind =
  | "malformed" | "unsupported" | "limit" | "memory" | "parameter"
  | "not-found" | "upstream" | "overload" | "io" | "larger" | "internal";

/** What `probe` and `convert` throw. Anything else that they throw is a trap: make a new instance. */
export interface SlimpixError extends Error {
  name: "SlimpixError";
  kind: ErrorKind;
}

export interface Probe {
  format: PictureFormat;
  /** Pixels, as the picture is looked at. */
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

export interface ConvertOptions {
  /** Default "webp". */
  format?: "webp" | "avif" | "jpeg" | "png";
  /** 0 to 100. Default 80. At 100 a WebP is lossless, unless `lossless` is false or there is a `targetSize`. */
  quality?: number;
  /** 0 (fastest) to 6 (smallest). Default 4. */
  effort?: number;
  /** Default: lossless for graphics where that is smaller, lossy for photos. */
  lossless?: boolean;
  /** The box that the picture must meet, in pixels. */
  width?: number;
  height?: number;
  /** How it meets the box. Default "contain". */
  fit?: "contain" | "cover" | "fill" | "scale-down";
  /** May the result be larger than the source? Default false. */
  enlarge?: boolean;
  /** Keep EXIF, XMP and the ICC profile. Default false. */
  keepMetadata?: boolean;
  /**
   * The most bytes that the result may have: its quality is the highest up to `quality` with which it has no more. When
   * none has, the error's `kind` is "larger". Default: as long as it gets.
   */
  targetSize?: number;
}

export interface Converted {
  bytes: Uint8Array;
  format: PictureFormat;
  mediaType: string;
  width: number;
  height: number;
  /** Coded without loss. Undefined when the source was kept. */
  lossless?: boolean;
  /** Why `bytes` is the source itself: it moves, and a still would not be the same. */
  kept?: "animated" | "larger";
  /** The engine's memory that the conversion reserved, the source included. */
  peakBytes: number;
}
