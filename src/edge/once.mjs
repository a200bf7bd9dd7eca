// Once: of the isolates that want to make the same result, one has the right to, and the others wait for it. A Durable
// Object of this class is asked about one result, and each result has an object of its own.
//
// It keeps nothing but the right that is held now, in memory alone: it is over when it is given back, or when nothing
// was heard of its holder for the time that it was given for. An object that the platform starts anew knows of nobody,
// which costs a second conversion.

export class Once {
  // Who has the right, and until when, in milliseconds since 1970.
  #held;
  // Those who wait for it, the first first: each has `who`, `lease` and `tell`.
  #waiting = new Set();
  #timer;

  // GET /take?who=&lease=&patience= answers `yours`, `overdue` (yours, and who had it is gone), `made` (who had it has
  // made the result) or `late` (another has it still). Times are in milliseconds. Who has it takes it anew to keep it.
  // GET /end?who=&made= gives it back.
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    const who = searchParams.get("who");
    const number = (name) => Number(searchParams.get(name)) || 0;
    if (pathname === "/take") return new Response(await this.#take(who, number("lease"), number("patience")));
    if (pathname === "/end") this.#end(who, number("made") > 0);
    return new Response("ended");
  }

  #take(who, lease, patience) {
    const isOverdue = this.#held && this.#held.until <= Date.now();
    if (!this.#held || isOverdue || this.#held.who === who) {
      const isOthers = isOverdue && this.#held.who !== who;
      this.#give(who, lease);
      return isOthers ? "overdue" : "yours";
    }
    if (patience <= 0) return "late";
    const { promise, resolve } = Promise.withResolvers();
    const waiting = { who, lease };
    const late = setTimeout(() => waiting.tell("late"), patience);
    waiting.tell = (word) => {
      clearTimeout(late);
      this.#waiting.delete(waiting);
      resolve(word);
    };
    this.#waiting.add(waiting);
    this.#watch();
    return promise;
  }

  #end(who, isMade) {
    if (this.#held?.who !== who) return;
    this.#held = undefined;
    if (isMade) for (const waiting of [...this.#waiting]) waiting.tell("made");
    else this.#pass("yours");
  }

  #give(who, lease) {
    this.#held = { who, until: Date.now() + lease };
    this.#watch();
  }

  // To the next who waits.
  #pass(word) {
    const [next] = this.#waiting;
    if (!next) return;
    this.#give(next.who, next.lease);
    next.tell(word);
  }

  // Looks when the right ends, as long as anybody waits for that.
  #watch() {
    clearTimeout(this.#timer);
    if (!this.#held || this.#waiting.size === 0) return;
    this.#timer = setTimeout(() => {
      if (this.#held && this.#held.until <= Date.now()) this.#pass("overdue");
      else this.#watch();
    }, this.#held.until - Date.now());
  }
}
