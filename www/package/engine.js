// One engine for all who import the package: it is loaded when it is first needed, and replaced when it has to be.
//
// Owns what a picture may come as, and the life of the engine's instance. Options and pictures are judged in Rust.

import load, { __wbg_reset_state as renew, convert, initSync as exportsNow, probe } from './slimpix.js';

// Linear memory never shrinks: past this an instance is replaced, so that a program that runs for long gives memory back.
const REPLACE_ABOVE = 32 << 20;

/** The functions of the package. `locate` gives the engine where `init` isn't told. */
export function engine(locate) {
  let loading;

  /** Loads the engine, unless that has begun. After a failure the next call tries again. */
  function init(source) {
    loading ??= begin(source).catch((error) => {
      loading = undefined;
      throw failure('io', `the engine can't be loaded: ${error.message}`, error);
    });
    return loading;
  }

  async function begin(source) {
    await load({ module_or_path: await (source ?? locate()) });
  }

  async function run(work, picture, options) {
    const [bytes] = await Promise.all([read(picture), init()]);
    try {
      return work(bytes, options);
    } catch (error) {
      if (error.name === 'SlimpixError') throw error;
      // A trap: the instance is in no known state.
      renew();
      throw failure('internal', `the engine failed: ${error.message}`, error);
    } finally {
      // A loaded engine is given back as it is now.
      if (exportsNow().memory.buffer.byteLength > REPLACE_ABOVE) renew();
    }
  }

  return {
    init,
    probe: (picture, options) => run(probe, picture, options),
    convert: (picture, options) => run(convert, picture, options),
  };
}

async function read(picture) {
  if (ArrayBuffer.isView(picture)) return new Uint8Array(picture.buffer, picture.byteOffset, picture.byteLength);
  // A Blob, a File, a Response.
  if (typeof picture?.arrayBuffer === 'function') return new Uint8Array(await picture.arrayBuffer());
  if (/^\[object (Shared)?ArrayBuffer\]$/.test(Object.prototype.toString.call(picture))) return new Uint8Array(picture);
  throw failure('parameter', 'the picture must be a Uint8Array, an ArrayBuffer, a Blob or a Response');
}

function failure(kind, message, cause) {
  return Object.assign(new Error(message, { cause }), { name: 'SlimpixError', kind });
}
