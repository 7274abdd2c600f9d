/** Goes through bytes for a chunker and remembers what the next byte needs. One engine in JavaScript and one in WASM each. */
export interface Scanner {
  /** At most so many bytes are loaded at once. */
  readonly blockBytesMax: number;
  /** The bytes that the positions of the calls below mean from now on; not to be changed meanwhile. */
  load(block: Uint8Array): void;
  /** A chunk begins: nothing of the bytes before it counts. */
  reset(): void;
  /** Takes bytes [from, to) up without asking for a cut. */
  warm(from: number, to: number): void;
  /**
   * Takes bytes up from `from` on, to the first after which the hash, masked, is as a cut wants it.
   * @param mask of 32 bits. @returns the position after that byte, or -1 when there is none before `to`.
   */
  scan(from: number, to: number, mask: number): number;
}

/** What is done with the bytes of a chunk until it has `until` of them. */
export interface Phase {
  readonly until: number;
  readonly does: 'skip' | 'warm' | 'scan';
  /** Of a scan. */
  readonly mask: number;
}
