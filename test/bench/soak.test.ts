import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { buildPins } from '../devices/pins/build.ts';
import { newFolder } from '../store/open-store.ts';
import { runSoak } from './soak.ts';
import { SoakRecord, type SoakSample, trendOf } from './soak-record.ts';
import { earlierRuns, soakFaults, soakReport } from './soak-report.ts';

const SAMPLE: SoakSample = {
  atS: 0,
  sent: 0,
  facts: 0,
  heldBack: 0,
  p50Ms: null,
  p99Ms: null,
  rssMb: 0,
  childrenPssMb: 0,
  ledgerMb: 0,
  walMb: 0,
  load: 0,
};

t.test('three doors under badges: each has its fact, and a run that is stopped tells what it has', async (t) => {
  const folder = newFolder(t);
  const recordPath = join(folder, 'soak.jsonl');
  const stopping = new AbortController();
  let looks = 0;
  const result = await runSoak({
    minutes: 60,
    rate: 50,
    members: 60,
    sampleMs: 2_000,
    folder: join(folder, 'soak'),
    recordPath,
    pins: [buildPins('gpio_sim')],
    say: (text) => {
      if (text.includes('badges')) looks += 1;
      if (looks === 6) stopping.abort();
    },
    stop: stopping.signal,
  });
  t.comment(soakReport(result));
  t.same(soakFaults(result), []);
  t.ok(result.sent > 0 && result.granted > 0 && result.strangers > 0, 'badges of members and of strangers');
  t.equal(result.granted, result.sent - result.strangers);
  t.same(Object.keys(result.denied), ['unknown_badge']);
  t.equal(result.heard, result.sent, 'the readers count the same');
  t.ok(result.minutes.flat().length > 0, 'and outputs went on');
  t.notOk(result.isWhole);
  t.equal(result.samples.length, looks);

  appendFileSync(recordPath, '{"run":"broken of');
  const [run] = new SoakRecord(recordPath).runs();
  t.match(run, { end: 'stopped', minutes: 60, rate: 50, samples: result.samples }, 'all of it is in the file');
  const next = new SoakRecord(recordPath);
  next.add({ run: 'next', begin: true, minutes: 1, rate: 5, commit: 'c' });
  next.add({ run: 'next', sample: SAMPLE });
  t.match(next.runs()[1], { run: 'next', samples: [SAMPLE], end: null }, 'half a line spoils no other');
  t.match(earlierRuns(new SoakRecord(recordPath)), [
    /stopped, .* of 60 minutes at 50\/s, node /,
    /broken off, 0 of 1 minutes/,
  ]);
});

t.test('the trend of the second half', async (t) => {
  // Grows fast, then by 36 MB an hour.
  const growing = Array.from({ length: 40 }, (_, at) => ({
    ...SAMPLE,
    atS: at * 10,
    rssMb: at < 20 ? at * 5 : 100 + (at - 20) * 0.1,
  }));
  const { slope, noise, samples } = trendOf(growing, (sample) => sample.rssMb);
  t.equal(samples, 20);
  t.ok(Math.abs(slope - 36) < 1e-6 && noise < 1e-6, `${slope} MB an hour, noise ${noise}`);
  const flat = growing.map((sample, at) => ({ ...sample, rssMb: at % 2 }));
  t.ok(Math.abs(trendOf(flat, (sample) => sample.rssMb).noise - 0.5) < 0.03, 'up and down is noise');
});

t.test('what is wrong with a run is said', async (t) => {
  const good = {
    isWhole: true,
    sent: 10,
    strangers: 1,
    granted: 9,
    denied: { unknown_badge: 1 },
    faults: {},
    refused: 0,
    heard: 10,
    dropped: 0,
    heldBack: 0,
    verify: { findings: [] },
    warnings: 0,
    samples: [SAMPLE, SAMPLE],
    minutes: [],
  };
  t.same(soakFaults(good), []);
  t.match(soakFaults({ ...good, granted: 8 }), [/10 badges sent, 9 facts/]);
  t.match(soakFaults({ ...good, granted: 8, denied: { unknown_badge: 1, lost: 1 } }), [/1 strangers, 2 denied/]);
  t.match(soakFaults({ ...good, dropped: 1 }), [/dropped 1/]);
  t.match(soakFaults({ ...good, refused: 2 }), [/2 entries/]);
  t.match(soakFaults({ ...good, verify: {} }), [/verify/]);
  t.match(soakFaults({ ...good, verify: { findings: [{}] } }), [/verify/]);
});
