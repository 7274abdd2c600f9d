import { spawn } from 'node:child_process';
import { Program } from '../node/program.ts';

/** An emulated machine: what it is started from, and how. */

export interface PowerOn {
  readonly kernel: string;
  readonly initramfs: string;
  /** Further words for the kernel's command line. */
  readonly words: readonly string[];
  /** Drives, in QEMU's words: /dev/vda, /dev/vdb and so on. */
  readonly drives: readonly string[];
  /** Further options of QEMU. */
  readonly options?: readonly string[];
}

const MEMORY_MIB = 768;
/** An instruction takes 2 ns: a board of the slower kind. */
const INSTRUCTION_NS_LOG2 = 1;

/**
 * Powers the machine on. Its console is the program's standard output.
 * An emulated processor: what the machine of a test may use differs from place to place, this is everywhere.
 */
export function powerOnQemu({ kernel, initramfs, words, drives, options = [] }: PowerOn): Program {
  const child = spawn(
    'setpriv',
    [
      // Nobody would switch it off when we are gone.
      ['--pdeathsig', 'KILL', 'qemu-system-x86_64'],
      ['-accel', 'tcg', '-cpu', 'max', '-smp', '1', '-m', `${MEMORY_MIB}`],
      // Its time goes by instructions, so that a busy host makes it late and not slow: time limits mean what they say.
      ['-icount', `shift=${INSTRUCTION_NS_LOG2}`],
      ['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot', '-serial', 'stdio'],
      ['-kernel', kernel, '-initrd', initramfs],
      ['-append', ['console=ttyS0 quiet loglevel=1 panic=-1', ...words].join(' ')],
      ...drives.map((drive) => ['-drive', `${drive},format=raw,if=virtio`]),
      options,
    ].flat(),
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  return new Program(child);
}
