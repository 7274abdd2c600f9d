import { readFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { FleetClient } from './fleet-client.ts';
import { percentile } from './statistics.ts';

// fleet-main.ts PORT CA DEVICES RATE: every device of the file DEVICES ({device: password}) connects and stays, and
// together they send RATE messages a second to themselves. One line of JSON a second; `ready` when all are there.

const [port = '0', caPath = '', devicesPath = '', rate = '0'] = process.argv.slice(2);
const ca = readFileSync(caPath, 'utf8');
const devices = Object.entries(JSON.parse(readFileSync(devicesPath, 'utf8')) as Record<string, string>);
/** Below what a broker lets in, a second and by address. */
const CONNECT_GAP_MS = 15;
const PER_ADDRESS = 25;
const KEPT_EVERY = 5;
/** Devices do not send in step: so short that hardly two messages leave at once. */
const TICK_MS = 1;

// Devices have processors of their own; theirs here, with all their encryption, must not be those of the board.
setPriority(10);

const count = { sent: 0, acknowledged: 0, echoed: 0, lost: 0 };
let echoesMs: number[] = [];
const events = {
  ready: () => {},
  acknowledged: () => {
    count.acknowledged += 1;
  },
  echoed: (sentNs: bigint) => {
    count.echoed += 1;
    echoesMs.push(Number(process.hrtime.bigint() - sentNs) / 1e6);
  },
  lost: () => {
    count.lost += 1;
  },
};

const clients: FleetClient[] = [];
for (const [at, [device, password]] of devices.entries()) {
  const address = `127.0.1.${1 + Math.floor(at / PER_ADDRESS)}`;
  const isKept = at % KEPT_EVERY === 0;
  clients.push(new FleetClient({ port: Number(port), device, password, address, ca, isKept, events }));
  await sleep(CONNECT_GAP_MS);
}
while (!clients.every(({ isReady }) => isReady)) {
  if (count.lost > 0) throw new Error(`${count.lost} clients were not let in`);
  await sleep(CONNECT_GAP_MS);
}
process.stdout.write('ready\n');
for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => process.exit(0));

const startMs = performance.now();
setInterval(() => {
  const due = Math.floor(((performance.now() - startMs) * Number(rate)) / 1000);
  for (; count.sent < due; count.sent += 1) clients[count.sent % clients.length]?.say();
}, TICK_MS);
setInterval(() => {
  const [p50Ms, p99Ms] = [0.5, 0.99].map((share) => (echoesMs.length === 0 ? null : percentile(echoesMs, share)));
  echoesMs = [];
  process.stdout.write(`${JSON.stringify({ ...count, p50Ms, p99Ms })}\n`);
}, 1_000);
