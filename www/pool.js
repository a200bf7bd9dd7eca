// A few workers, and the tasks that wait for them.
//
// Quick tasks go before slow ones, and slow ones never take every worker, so that a picture dropped while an AVIF is
// being made is shown at once. A task is cancelled by its AbortSignal: if it runs, its worker is ended with it.

const SIZE = Math.min(2, navigator.hardwareConcurrency || 1);
const MOST_SLOW = Math.max(1, SIZE - 1);
// Wasm memory never shrinks: past this a worker is replaced, so that the tab gives the memory back.
const REPLACE_ABOVE = 128 << 20;

/** What a task fails with. `kind` is the engine's, or "trap" or "cancelled". */
export class TaskError extends Error {
  constructor(kind, message) {
    super(message);
    this.name = 'TaskError';
    this.kind = kind;
  }
}

export class Pool {
  #module;
  #idle = [];
  #running = new Set();
  #waiting = [];

  /** `module`: a promise of the compiled engine. */
  constructor(module) {
    this.#module = module;
    // Each task reports the failure for itself.
    module.catch(() => {});
  }

  /**
   * Probes a blob, or converts it when there are options. Resolves to {value, milliseconds}.
   * `onstart` is called when a worker takes the task up.
   */
  run({ blob, options, slow = false, signal, onstart }) {
    return new Promise((resolve, reject) => {
      const task = { blob, options, slow, signal, onstart, resolve, reject };
      signal?.addEventListener('abort', () => this.#cancel(task), { once: true });
      this.#waiting.push(task);
      this.#next();
    });
  }

  #next() {
    while (this.#running.size < SIZE) {
      const task = this.#take();
      if (!task) return;
      this.#start(task);
    }
  }

  #take() {
    const quick = this.#waiting.findIndex((task) => !task.slow);
    if (quick >= 0) return this.#waiting.splice(quick, 1)[0];
    const slow = [...this.#running].filter((task) => task.slow).length;
    return slow < MOST_SLOW ? this.#waiting.shift() : undefined;
  }

  async #start(task) {
    this.#running.add(task);
    try {
      // Only a conversion takes the whole file.
      const whole = task.options && task.blob.arrayBuffer();
      const [module, buffer] = await Promise.all([this.#module, whole]);
      if (task.signal?.aborted) return;
      task.worker = this.#idle.pop() ?? newWorker(module);
      task.worker.onmessage = ({ data }) => this.#finish(task, data);
      task.worker.onerror = (event) => this.#finish(task, { error: { kind: 'trap', message: event.message ?? 'the worker stopped' } });
      task.onstart?.();
      if (buffer) task.worker.postMessage({ bytes: new Uint8Array(buffer), options: task.options }, [buffer]);
      else task.worker.postMessage({ blob: task.blob });
    } catch (error) {
      this.#running.delete(task);
      task.reject(new TaskError(error.name === 'NotReadableError' ? 'unreadable' : 'trap', error.message));
      this.#next();
    }
  }

  #finish(task, { value, milliseconds, memory, error }) {
    this.#running.delete(task);
    // After a trap the engine's memory is in no known state.
    const reusable = error ? error.kind !== 'trap' : memory <= REPLACE_ABOVE;
    if (reusable) this.#idle.push(task.worker);
    else task.worker.terminate();
    if (error) task.reject(new TaskError(error.kind, error.message));
    else task.resolve({ value, milliseconds });
    this.#next();
  }

  #cancel(task) {
    const place = this.#waiting.indexOf(task);
    if (place >= 0) this.#waiting.splice(place, 1);
    else if (this.#running.delete(task)) task.worker?.terminate();
    else return;
    task.reject(new TaskError('cancelled', 'cancelled'));
    this.#next();
  }
}

function newWorker(module) {
  const worker = new Worker(new URL('worker.js', import.meta.url), { type: 'module' });
  worker.postMessage({ module });
  return worker;
}

/** Fetches and compiles the engine. */
export async function compile() {
  const response = await fetch(new URL('slimpix_bg.wasm', import.meta.url));
  if (!response.ok) throw new Error(`the engine could not be fetched (${response.status})`);
  // A server that doesn't know wasm's media type must not stop us.
  const streams = response.headers.get('Content-Type')?.startsWith('application/wasm');
  return streams ? WebAssembly.compileStreaming(response) : WebAssembly.compile(await response.arrayBuffer());
}
