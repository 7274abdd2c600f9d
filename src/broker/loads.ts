interface Load {
  readonly count: number;
  readonly bytes: number;
}

const NONE: Load = { count: 0, bytes: 0 };

/** How many of something, and how many bytes, are whose; and in all. */
export class Loads<Owner> {
  readonly #of = new Map<Owner, Load>();
  #all = NONE;

  get all(): Load {
    return this.#all;
  }

  of(owner: Owner): Load {
    return this.#of.get(owner) ?? NONE;
  }

  owners(): readonly Owner[] {
    return [...this.#of.keys()];
  }

  add(owner: Owner, count: number, bytes: number): void {
    const sum = (load: Load): Load => ({ count: load.count + count, bytes: load.bytes + bytes });
    this.#all = sum(this.#all);
    const own = sum(this.of(owner));
    if (own.count > 0) this.#of.set(owner, own);
    else this.#of.delete(owner);
  }

  clear(): void {
    this.#of.clear();
    this.#all = NONE;
  }
}
