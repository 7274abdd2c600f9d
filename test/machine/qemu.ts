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
  /** What an instruction takes: 2 to this power, in ns. Absent: 1, a board of the slower kind. */
  readonly instructionNsLog2?: number;
}

const MEMORY_MIB = 768;
const INSTRUCTION_NS_LOG2 = 1;

/**
 * Powers the machine on. Its console is the program's standard output.
 * An emulated processor: what the machine of a test may use differs from place to place, this is everywhere.
 */
export function powerOnQemu(machine: PowerOn): Program {
  const { kernel, initramfs, words, drives, instructionNsLog2 = INSTRUCTION_NS_LOG2 } = machine;
  const child = spawn(
    'setpriv',
    [
      // Nobody would switch it off when we are gone.
      ['--pdeathsig', 'KILL', 'qemu-system-x86_64'],
      ['-accel', 'tcg', '-cpu', 'max', '-smp', '1', '-m', `${MEMORY_MIB}`],
      // Its time goes by instructions, so that a busy host makes it late and not slow: time limits mean what they say.
      ['-icount', `shift=${instructionNsLog2}`],
      ['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot', '-serial', 'stdio'],
      ['-kernel', kernel, '-initrd', initramfs],
      ['-append', ['console=ttyS0 quiet loglevel=1 panic=-1', ...words].join(' ')],
      ...drives.map((drive) => ['-drive', `${drive},format=raw,if=virtio`]),
    ].flat(),
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  return new Program(child);
}
