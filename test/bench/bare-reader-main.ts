import { constants, openSync } from 'node:fs';
import { connect } from 'node:net';
import { ReadStream } from 'node:tty';

// The yardstick of the badge benches: every FRAME_BYTES bytes from a terminal become one request to the pins process.
// Nothing is checked, decided or written down.

const [port = '', socketPath = '', output = '', openMs = '', frameBytes = ''] = process.argv.slice(2);

const pins = connect(socketPath);
const terminal = new ReadStream(openSync(port, constants.O_RDONLY | constants.O_NOCTTY));
let bytes = 0;
let pulses = 0;

pins.once('connect', () => process.stdout.write('ready\n'));
pins.resume();
terminal.on('data', (chunk: Buffer) => {
  bytes += chunk.length;
  if (bytes < Number(frameBytes)) return;
  bytes = 0;
  pulses += 1;
  pins.write(`pulse ${output} ${openMs} bare-${pulses}\n`);
});
