import { powerOnQemu } from '../machine/qemu.ts';
import type { Program } from '../node/program.ts';

/** How the guest writes: as the release does, or, for the proofs that the suite goes red, with less care. */
export const SYNCS = ['full', 'normal', 'off', 'unflushed'] as const;
export type Sync = (typeof SYNCS)[number];
/** What a machine is started from. */
export interface Machine {
  /** Names the release on the disk, its packages and the kernel: another tree has another one. */
  readonly tree: string;
  readonly kernel: string;
  readonly initramfs: string;
  /** A disk with this release, only read. */
  readonly system: string;
}

/** With its system disk writable, to start and to end once. */
type Manner = Sync | 'warm';

/** The drive that is served at a Unix socket. */
export function driveAt(socket: string): string {
  return `file.driver=nbd,file.server.type=unix,file.server.path=${socket}`;
}

/** Powers the machine on with the drive `data`, in QEMU's words. Its console is the program's standard output. */
export function powerOn(machine: Machine, data: string, manner: Manner): Program {
  const { kernel, initramfs, system } = machine;
  const drives = [
    `file=${system},readonly=${manner === 'warm' ? 'off' : 'on'}`,
    // The guest sees a write cache; each flush of its goes through to the disk, and nothing else does.
    `${data},cache=writeback`,
  ];
  return powerOnQemu({ kernel, initramfs, words: [`sync=${manner}`], drives });
}
