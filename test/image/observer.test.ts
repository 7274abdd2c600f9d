import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, get as request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import t from 'tap';
import { Program, untilFound } from '../node/program.ts';
import { newFolder } from '../store/open-store.ts';

const OBSERVER = join(import.meta.dirname, '../../image/rootfs/usr/lib/blockmesh/observer');
const PAGE = '<!doctype html><title>door</title><pre>works — é</pre>\n';

t.test('the page, by the socket of systemd', async (t) => {
  const run = newFolder(t);
  mkdirSync(join(run, 'www'));
  writeFileSync(join(run, 'www/index.html'), PAGE);
  // Not a port, which somebody else may take before it is used.
  const socketPath = join(run, 'socket');
  const words = ['--accept', '--inetd', '-l', socketPath, '-E', `BM_RUN=${run}`, OBSERVER];
  const program = new Program(spawn('setpriv', ['--pdeathsig', 'KILL', 'systemd-socket-activate', ...words]));
  t.teardown(() => program.kill());
  const get = async (path: string): Promise<IncomingMessage> => {
    const [response] = await once(request({ socketPath, path }), 'response');
    return response as IncomingMessage;
  };
  const first = await untilFound(() => get('/').catch(() => undefined), 'the socket');
  t.equal(first.statusCode, 200);
  t.match(first.headers['content-type'], 'text/html');
  t.match(first.headers['content-security-policy'], "default-src 'none'");
  t.equal(await text(first), PAGE);
  t.equal(await text(await get('/../../etc/passwd')), PAGE, 'whatever is asked for');
  const many = await Promise.all(Array.from({ length: 8 }, async () => text(await get('/'))));
  t.ok(many.every((one) => one === PAGE));
  for (const said of ['\r\n', '\0'.repeat(100), 'x'.repeat(3_000)]) {
    const socket = connect(socketPath);
    socket.write(said);
    let answer = '';
    for await (const bytes of socket.setEncoding('utf8')) answer += bytes;
    t.ok(answer.endsWith(PAGE), 'whatever is sent');
  }
});
