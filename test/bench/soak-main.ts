import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { RELEASE, VIRTUAL_PINS } from './bench-space.ts';
import { runSoak } from './soak.ts';
import { SoakRecord } from './soak-record.ts';
import { earlierRuns, soakFaults, soakReport } from './soak-report.ts';

// `make soak MINUTES=60 RATE=50 MEMBERS=1000`: exit code 1 when a badge has no fact or the ledger is not as it should be.

const { MINUTES = '60', RATE = '50', MEMBERS = '1000' } = process.env;
const build = join(RELEASE, 'build');
mkdirSync(build, { recursive: true });
const recordPath = join(build, 'soak.jsonl');
const say = (text: string) => void process.stderr.write(`soak: ${text}\n`);
for (const line of earlierRuns(new SoakRecord(recordPath))) say(line);
const native = join(build, 'blockmesh-pins-sim');
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stopping.abort());
const result = await runSoak({
  minutes: Number(MINUTES),
  rate: Number(RATE),
  members: Number(MEMBERS),
  sampleMs: 10_000,
  folder: join(build, 'soak'),
  recordPath,
  pins: existsSync(native) ? [native] : VIRTUAL_PINS,
  say,
  stop: stopping.signal,
});
process.stdout.write(`${soakReport(result)}\n`);
const faults = soakFaults(result);
for (const fault of faults) process.stdout.write(`wrong: ${fault}\n`);
process.exitCode = faults.length === 0 ? 0 : 1;
