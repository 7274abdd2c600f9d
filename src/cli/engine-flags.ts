/**
 * How our own process is started, as the first line of `main.ts` has it. V8 sizes the space for young objects by the
 * memory of the machine, to 128 MiB on a large one, and gives little of it back; the work of a node needs no more than
 * this (MiB, of which V8 takes two).
 */
export const ENGINE_FLAGS: readonly string[] = ['--max-semi-space-size=8'];
