import { connect, type Socket } from 'node:net';
import { setPriority } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

// connections-main.ts PORT COUNT SECONDS: so many connections from 50 addresses; every third says nothing and stays until it
// is cut off, every third sends what is no TLS, every third goes at once. One line of JSON at the end.

// Whoever floods a board has a processor of its own.
setPriority(10);

const [port = '0', count = '0', seconds = '0'] = process.argv.slice(2).map(Number);
const ADDRESSES = 50;
const HELD_MAX = 2_000;
const gapMs = (Number(seconds) * 1000) / Number(count);
const held = new Set<Socket>();
const tally = { opened: 0, connected: 0, cutOff: 0, failed: 0 };
const startMs = performance.now();
while (tally.opened < Number(count)) {
  await sleep(Math.max(0, startMs + tally.opened * gapMs - performance.now()));
  const at = tally.opened;
  tally.opened += 1;
  const socket = connect({ port: Number(port), host: '127.0.0.1', localAddress: `127.0.2.${1 + (at % ADDRESSES)}` });
  held.add(socket);
  socket.on('connect', () => {
    tally.connected += 1;
    if (at % 3 === 1) socket.write('GET / HTTP/1.1\r\n\r\n');
    if (at % 3 === 2) socket.end();
  });
  socket.on('error', () => {
    tally.failed += 1;
  });
  socket.on('close', () => {
    tally.cutOff += 1;
    held.delete(socket);
  });
  if (held.size > HELD_MAX) for (const [oldest] of held.entries()) oldest.destroy();
}
const tookS = (performance.now() - startMs) / 1000;
process.stdout.write(`${JSON.stringify({ ...tally, tookS })}\n`);
for (const socket of held) socket.destroy();
