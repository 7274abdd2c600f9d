import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { untilFound } from './program.ts';

/** What the kernel gives to whoever asks for any port, or connects, begins at 32,768 unless somebody has changed it. */
const PORT_MIN = 20_000;
const PORT_MAX = 32_000;

/** A port that nobody has, and that nobody is given by chance before it is used, or while who listens there is down. */
export async function freePort(): Promise<number> {
  return await untilFound(async () => {
    const port = randomInt(PORT_MIN, PORT_MAX);
    const server = createServer().listen(port);
    try {
      await once(server, 'listening');
    } catch {
      return undefined;
    }
    server.close();
    await once(server, 'close');
    return port;
  }, 'a free port');
}
