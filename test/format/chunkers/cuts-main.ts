import { wholeSetting } from '../../node/settings.ts';
import { type Cuts, cutsOn, otherCuts } from './cuts-run.ts';

/** `make chunks-cuts`: the same cuts by both engines, on this processor and on an emulated arm64. */

const MIB_MAX = 64 * 1024;
const NATIVE_MIB = 1024;
/** A thousandth of the speed: one byte at a time takes minutes. */
const ARM64_MIB = 64;

const native = wholeSetting('MIB', NATIVE_MIB, MIB_MAX);
const arm64 = Math.min(native, ARM64_MIB);
const tell = (mib: number) => (cuts: Cuts) =>
  void process.stdout.write(
    `${mib} MiB ${cuts.arch} ${cuts.profile}: ` +
      `${cuts.blob ?? `${cuts.chunks} chunks by ${cuts.engine}, fed ${cuts.feed}: ${cuts.cuts}`}\n`,
  );
const others = [
  ...otherCuts(await cutsOn('native', native, tell(native))),
  ...otherCuts([...(await cutsOn('arm64', arm64, tell(arm64))), ...(await cutsOn('native', arm64, tell(arm64)))]),
];
process.stdout.write(others.length === 0 ? 'all alike\n' : `${others.length} are not as the first of their profile\n`);
process.exitCode = others.length === 0 ? 0 : 1;
