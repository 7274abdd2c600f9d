/**
 * How our own process is started, as the first line of `main.ts` has it: for a small board, whose memory is worth more
 * than the last tenth of its speed.
 *
 * - V8 sizes the space for young objects by the memory of the machine, to 128 MiB on a large one; the work of a node
 *   needs no more than this (MiB, of which V8 takes two).
 * - `dropGarbage` gives back what a start leaves behind.
 * - Of the compilers between the interpreter and the optimizing one, whose code is worth 6 MB of a node at rest, a door
 *   has no need: what runs often is optimized all the same.
 */
export const ENGINE_FLAGS: readonly string[] = [
  '--max-semi-space-size=8',
  '--expose-gc',
  '--no-sparkplug',
  '--no-maglev',
];
