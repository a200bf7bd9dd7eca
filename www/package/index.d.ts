import type { ConvertOptions, Converted, Probe, ProbeOptions } from "./types.js";

export type * from "./types.js";

/** The bytes of a file, or what has them: a `Blob`, a `File`, a `Response`. A Node `Buffer` is a `Uint8Array`. */
export type Picture = ArrayBufferView | ArrayBufferLike | { arrayBuffer(): Promise<ArrayBuffer> };

/**
 * Loads the engine. Not needed where it is found by itself: in pages whose server or bundler has `slimpix_bg.wasm` beside
 * the package's files, in Node and on Cloudflare Workers. Elsewhere, once and before all else.
 *
 * Later calls wait for the engine and change nothing; after a failure the next call tries again.
 *
 * @param engine `slimpix/slimpix_bg.wasm` as a compiled `WebAssembly.Module`, as its bytes, as a `Response`, as a URL to
 * fetch, or a promise of one of these.
 */
export function init(engine?: object | string): Promise<void>;

/**
 * Says what a picture is, from its header.
 *
 * @throws {SlimpixError} of `kind` "malformed", "unsupported", "limit", "parameter" or "io".
 */
export function probe(picture: Picture, options?: ProbeOptions): Promise<Probe>;

/**
 * Converts a picture: without options, to WebP at quality 80. It keeps the calling thread busy until it is done; a page
 * calls it in a Web Worker.
 *
 * @throws {SlimpixError}
 */
export function convert(picture: Picture, options?: ConvertOptions): Promise<Converted>;
