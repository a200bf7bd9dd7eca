// One engine in a Web Worker. It is given the compiled module once and says when it is ready; then it is given one task
// at a time and answers each. A conversion can't be interrupted from outside: the page ends the worker and makes another.

import init, { probeFile, convert } from './slimpix.js';

let memory;

// Pieces of a file, wherever its header wants them.
function reader(blob) {
  const files = new FileReaderSync();
  return (offset, length) => new Uint8Array(files.readAsArrayBuffer(blob.slice(offset, offset + length)));
}

self.onmessage = async ({ data }) => {
  if (data.module) {
    ({ memory } = await init({ module_or_path: data.module }));
    self.postMessage({ ready: true });
    return;
  }
  const { blob, bytes, options } = data;
  try {
    const started = performance.now();
    const value = options ? convert(bytes, options) : probeFile(blob.size, reader(blob));
    const milliseconds = performance.now() - started;
    self.postMessage({ value, milliseconds, memory: memory.buffer.byteLength }, options ? [value.bytes.buffer] : []);
  } catch (error) {
    self.postMessage({ error: { kind: error.kind ?? 'trap', message: error.message } });
  }
};
