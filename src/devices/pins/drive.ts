import { rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { CodedError } from '../../base/errors.ts';
import { PINS_LINE_BYTES_MAX } from '../../base/limits.ts';

/** So many lines are carried out before timers and clients get their turn. */
const LINES_PER_TURN = 16;
const CONNECTIONS_MAX = 4;

/**
 * The socket on which a test or the demo moves lines that only exist in memory: one `ok` or `error` for each line.
 * Resolves to what closes it, connections and all.
 */
export function serveDrive(path: string, drive: (line: string) => void): Promise<() => void> {
  rmSync(path, { force: true });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    hear(socket, drive);
  });
  server.maxConnections = CONNECTIONS_MAX;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      resolve(() => {
        server.close();
        for (const socket of sockets) socket.destroy();
      });
    });
  });
}

function hear(socket: Socket, drive: (line: string) => void): void {
  let text = '';
  const answer = (line: string): string => {
    try {
      drive(line);
      return 'ok\n';
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      return `error ${error.code} ${error.message}\n`;
    }
  };
  const takeTurn = () => {
    if (socket.destroyed) return;
    const lines = text.split('\n', LINES_PER_TURN + 1).slice(0, -1);
    text = text.slice(lines.join('\n').length + Math.min(lines.length, 1));
    if (lines.length > 0) {
      socket.write(lines.map(answer).join(''), 'latin1');
      setImmediate(takeTurn);
    } else if (text.length >= PINS_LINE_BYTES_MAX) socket.destroy();
    else socket.resume();
  };
  socket.setEncoding('latin1');
  socket.on('error', () => socket.destroy());
  socket.on('data', (more: string) => {
    text += more;
    socket.pause();
    takeTurn();
  });
}
