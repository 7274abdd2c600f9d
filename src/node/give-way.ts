import { constants, getPriority, setPriority } from 'node:os';

/** Doors come first: this process gets what is left of the processor. One that was begun lower stays there. */
export function giveWay(): void {
  const { PRIORITY_BELOW_NORMAL: below } = constants.priority;
  if (getPriority() < below) setPriority(below);
}
