// Workers as many as the machine can feed, and the tasks that wait for them.
//
// Quick tasks go before slow ones, and slow ones never take every worker, so that a picture dropped while an AVIF is
// being made is shown at once. A task is cancelled by its AbortSignal: if it runs, its worker is ended with it, and the
// one that stands by takes its place. One always stands by where it can be had, so that a cancelled task costs no
// wait, and nothing at all when the network has gone.

const CORES = navigator.hardwareConcurrency || 2;
// Gigabytes; only some browsers say. The AVIF of a large photo takes some hundreds of megabytes.
const MEMORY = navigator.deviceMemory ?? 4;
/** Tasks that run at once, at the most. */
export const SIZE = Math.max(1, Math.min(CORES, Math.floor(MEMORY)));
const MOST_SLOW = Math.max(1, SIZE - 1);
// Wasm memory never shrinks: past this a worker is replaced, so that the tab gives the memory back.
const REPLACE_ABOVE = 128 << 20;

/** What a task fails with. `kind` is the engine's, or "trap", "cancelled", "unreadable" or "unloaded". */
export class TaskError extends Error {
  constructor(kind, message) {
    super(message);
    this.name = 'TaskError';
    this.kind = kind;
  }
}

export class Pool {
  #module;
  #starting = new Set();
  #idle = [];
  #running = new Set();
  #waiting = [];
  // A worker could not be loaded: no other is asked for until there is a reason to think that it goes better.
  #barren = false;

  /** `module`: a promise of the compiled engine. */
  constructor(module) {
    this.#module = module;
    module.then(() => this.#next(), (error) => this.#giveUp(error.message));
    self.addEventListener('online', () => this.#hopeful());
  }

  /**
   * Probes a blob, or converts it when there are options. Resolves to {value, milliseconds}.
   * `onstart` is called when a worker takes the task up.
   */
  run({ blob, options, slow = false, signal, onstart }) {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) throw new TaskError('cancelled', 'cancelled');
      const task = { blob, options, slow, signal, onstart, resolve, reject };
      signal?.addEventListener('abort', () => this.#cancel(task), { once: true });
      this.#waiting.push(task);
      this.#hopeful();
    });
  }

  #hopeful() {
    this.#barren = false;
    this.#next();
  }

  #next() {
    while (this.#idle.length > 0 && this.#running.size < SIZE) {
      const task = this.#take();
      if (!task) break;
      this.#start(task, this.#idle.pop());
    }
    this.#hire();
  }

  #take() {
    const quick = this.#waiting.findIndex((task) => !task.slow);
    if (quick >= 0) return this.#waiting.splice(quick, 1)[0];
    const slow = [...this.#running].filter((task) => task.slow).length;
    return slow < MOST_SLOW ? this.#waiting.shift() : undefined;
  }

  /** Has as many workers as there are tasks, and one more. */
  async #hire() {
    const wanted = Math.min(SIZE, this.#running.size + this.#waiting.length) + 1;
    let module;
    try {
      module = await this.#module;
    } catch (error) {
      this.#giveUp(error.message);
      return;
    }
    const here = () => this.#starting.size + this.#idle.length + this.#running.size;
    while (!this.#barren && here() < wanted) this.#load(module);
  }

  #load(module) {
    const worker = new Worker(new URL('worker.js', import.meta.url), { type: 'module' });
    this.#starting.add(worker);
    worker.onmessage = () => {
      this.#starting.delete(worker);
      this.#idle.push(worker);
      this.#next();
    };
    worker.onerror = (event) => {
      event.preventDefault();
      worker.terminate();
      this.#starting.delete(worker);
      this.#barren = true;
      if (this.#starting.size + this.#idle.length + this.#running.size === 0) {
        this.#giveUp('its worker could not be loaded');
      }
    };
    worker.postMessage({ module });
  }

  #giveUp(why) {
    this.#waiting.splice(0).forEach((task) => task.reject(new TaskError('unloaded', why)));
  }

  async #start(task, worker) {
    this.#running.add(task);
    task.worker = worker;
    task.onstart?.();
    try {
      // Only a conversion takes the whole file.
      const buffer = task.options && await task.blob.arrayBuffer();
      if (!this.#running.has(task)) return;
      worker.onmessage = ({ data }) => this.#finish(task, data);
      worker.onerror = (event) => {
        this.#finish(task, { error: { kind: 'trap', message: event.message ?? 'the worker stopped' } });
      };
      if (buffer) worker.postMessage({ bytes: new Uint8Array(buffer), options: task.options }, [buffer]);
      else worker.postMessage({ blob: task.blob });
    } catch (error) {
      if (!this.#running.delete(task)) return;
      this.#idle.push(worker);
      task.reject(new TaskError(error.name === 'NotReadableError' ? 'unreadable' : 'trap', error.message));
      this.#next();
    }
  }

  #finish(task, { value, milliseconds, memory, error }) {
    this.#running.delete(task);
    // After a trap the engine's memory is in no known state. A large one is better than none.
    const reusable = error ? error.kind !== 'trap' : memory <= REPLACE_ABOVE || this.#idle.length === 0;
    if (reusable) this.#idle.push(task.worker);
    else task.worker.terminate();
    if (error) task.reject(new TaskError(error.kind, error.message));
    else task.resolve({ value, milliseconds });
    this.#next();
  }

  #cancel(task) {
    const place = this.#waiting.indexOf(task);
    if (place >= 0) this.#waiting.splice(place, 1);
    else if (this.#running.delete(task)) task.worker.terminate();
    else return;
    task.reject(new TaskError('cancelled', 'cancelled'));
    this.#next();
  }
}

/** Fetches and compiles the engine. */
export async function compile() {
  const response = await fetch(new URL('slimpix_bg.wasm', import.meta.url));
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  // A server that doesn't know wasm's media type must not stop us.
  const streams = response.headers.get('Content-Type')?.startsWith('application/wasm');
  return streams ? WebAssembly.compileStreaming(response) : WebAssembly.compile(await response.arrayBuffer());
}
