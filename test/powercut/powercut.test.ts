import { once } from 'node:events';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import { anySeed, seeded } from '../node/seeded.ts';
import { newFolder } from '../store/open-store.ts';
import { Campaign, type CheckLine, type CutLine } from './campaign.ts';
import { HELD_BYTES_MAX, LossyDisk, SECTOR_BYTES } from './lossy-disk.ts';
import { buildMachine } from './machine.ts';
import { COMMAND, TRANSFER_BYTES_MAX } from './nbd-protocol.ts';
import { NbdServer } from './nbd-server.ts';

/** The disk that forgets, and a few power cuts; `make powercut` makes many. */

const SECTORS = 64;

function newImage(t: Test, sectors = SECTORS): string {
  const path = join(newFolder(t), 'disk.img');
  writeFileSync(path, Buffer.alloc(sectors * SECTOR_BYTES));
  return path;
}

/** `sectors` sectors that say `mark`. */
function marked(mark: number, sectors = 1): Buffer {
  return Buffer.alloc(sectors * SECTOR_BYTES, mark);
}

t.test('what was flushed stays; of the rest a cut leaves some version of each sector', async (t) => {
  const write = fc.record({
    sector: fc.nat(SECTORS - 16),
    sectors: fc.integer({ min: 1, max: 16 }),
    isFlush: fc.boolean(),
  });
  const path = newImage(t);
  const fates = new Set<string>();
  fc.assert(
    fc.property(fc.array(write, { maxLength: 24 }), fc.nat(), (writes, seed) => {
      writeFileSync(path, Buffer.alloc(SECTORS * SECTOR_BYTES));
      const disk = new LossyDisk(path);
      // For each sector what it may be after a cut: what was flushed, and each version since.
      const versions = Array.from({ length: SECTORS }, () => [0]);
      writes.forEach(({ sector, sectors, isFlush }, index) => {
        disk.write(sector * SECTOR_BYTES, marked(index + 1, sectors));
        for (let at = sector; at < sector + sectors; at += 1) versions[at]?.push(index + 1);
        if (isFlush) disk.flush();
        if (isFlush) for (const list of versions) list.splice(0, list.length - 1);
        const newest = disk.read(0, SECTORS * SECTOR_BYTES);
        if (versions.some((list, at) => newest[at * SECTOR_BYTES] !== list.at(-1))) throw new Error('read is stale');
      });
      fates.add(disk.cut(seeded(seed)).fate);
      const left = disk.read(0, SECTORS * SECTOR_BYTES);
      disk.close();
      return versions.every((list, at) => {
        const sector = left.subarray(at * SECTOR_BYTES, (at + 1) * SECTOR_BYTES);
        return list.includes(sector[0] ?? -1) && sector.equals(marked(sector[0] ?? 0));
      });
    }),
  );
  t.equal(fates.size, 5, 'every fate was met');
});

t.test('a cut loses, keeps and tears', async (t) => {
  const disk = new LossyDisk(newImage(t));
  const reports = Array.from({ length: 60 }, (_, seed) => {
    disk.write(0, marked(1, SECTORS));
    return disk.cut(seeded(seed));
  });
  disk.close();
  t.ok(reports.some(({ keptSectors }) => keptSectors === 0));
  t.ok(reports.some(({ lostSectors }) => lostSectors === 0));
  t.ok(reports.some(({ tornBlocks }) => tornBlocks > 0));
  t.ok(reports.every(({ keptSectors, lostSectors }) => keptSectors + lostSectors === SECTORS));
});

t.test('a cache that is full lets its oldest writes go', async (t) => {
  const sectors = TRANSFER_BYTES_MAX / SECTOR_BYTES;
  const disk = new LossyDisk(newImage(t, sectors));
  const writes = HELD_BYTES_MAX / TRANSFER_BYTES_MAX + 1;
  for (let count = 1; count <= writes; count += 1) disk.write(0, marked(count, sectors));
  t.equal(disk.read(0, SECTOR_BYTES)[0], writes, 'the newest is read');
  t.equal(disk.cut(() => 0).held, writes - 1);
  t.equal(disk.read(0, SECTOR_BYTES)[0], 1, 'the oldest had gone to the platter');
  disk.close();
});

/** A client of the protocol, as far as the greeting and the choice of the export. */
async function agreed(path: string): Promise<Socket> {
  const socket = connect(path);
  await once(socket, 'connect');
  // A server that hangs up on what it has not read resets the connection.
  socket.on('error', () => socket.destroy());
  await taken(socket, 18);
  const option = Buffer.alloc(16 + 6);
  option.write('IHAVEOPT', 0, 'latin1');
  option.writeUInt32BE(7, 8);
  option.writeUInt32BE(6, 12);
  socket.write(Buffer.concat([Buffer.from([0, 0, 0, 3]), option]));
  await taken(socket, 20 + 12 + 20 + 14 + 20);
  return socket;
}

async function taken(socket: Socket, bytes: number): Promise<Buffer> {
  for (;;) {
    const got: Buffer | null = socket.read(bytes);
    if (got !== null) return got;
    if (socket.closed) throw new Error('the server has hung up');
    await Promise.race([new Promise((resolve) => socket.once('readable', resolve)), closed(socket)]);
  }
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

function request(command: number, offset: number, length: number, data: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(28);
  head.writeUInt32BE(0x25609513, 0);
  head.writeUInt16BE(command, 6);
  head.writeBigUInt64BE(7n, 8);
  head.writeBigUInt64BE(BigInt(offset), 16);
  head.writeUInt32BE(length, 24);
  return Buffer.concat([head, data]);
}

async function errorOf(socket: Socket, words: Buffer): Promise<number> {
  socket.write(words);
  return (await taken(socket, 16)).readUInt32BE(4);
}

t.test('the disk over its socket', async (t) => {
  const path = newImage(t);
  const disk = new LossyDisk(path);
  const log: number[] = [];
  const nbd = await NbdServer.start(`${path}.sock`, disk, () => log.push(log.length));
  const socket = await agreed(nbd.path);
  const byte = () => readFileSync(path)[512];
  t.equal(await errorOf(socket, request(COMMAND.write, 512, 512, marked(5))), 0);
  t.equal(byte(), 0, 'a write that was answered is not on the platter');
  t.equal(await errorOf(socket, request(COMMAND.read, 512, 512)), 0);
  t.same(await taken(socket, 512), marked(5), 'but it is read');
  t.equal(await errorOf(socket, request(COMMAND.flush, 0, 0)), 0);
  t.equal(byte(), 5, 'a flush puts it there');
  t.same(log, [0, 1], 'reads do not count');
  const refused = { beyond: request(COMMAND.read, SECTORS * 512, 512), odd: request(COMMAND.read, 1, 512) };
  for (const [name, words] of Object.entries(refused)) t.equal(await errorOf(socket, words), 22, name);
  t.equal(await errorOf(socket, request(6, 0, 512)), 22, 'write zeroes was not offered');
  nbd.cut();
  socket.write(request(COMMAND.write, 0, 512, marked(9)));
  socket.write(request(COMMAND.flush, 0, 0));
  await nbd.stop();
  t.same(log, [0, 1], 'after the cut nothing is carried out');
  disk.close();

  for (const wrong of [Buffer.alloc(28, 1), request(COMMAND.write, 0, TRANSFER_BYTES_MAX + 512)]) {
    const disk = new LossyDisk(path);
    const nbd = await NbdServer.start(`${path}.sock`, disk, () => {});
    const socket = await agreed(nbd.path);
    socket.write(wrong);
    await t.rejects(taken(socket, 16), { message: 'the server has hung up' });
    t.match(nbd.fault, { message: /^(?:not an NBD request|an NBD request of \d+ bytes)$/ });
    await nbd.stop();
    disk.close();
  }
});

t.test('nothing acknowledged is lost when the power goes', async (t) => {
  if (process.arch !== 'x64') {
    t.comment('the emulated board runs our Node for x86-64: no power was cut');
    return;
  }
  const cuts = Number(process.env.CUTS ?? 2);
  const seed = Number(process.env.SEED ?? anySeed());
  t.comment(`CUTS=${cuts} SEED=${seed}`);
  const machine = await buildMachine((what) => t.comment(what));
  const folder = join(newFolder(t), 'disk');
  const lines: (CutLine | CheckLine)[] = [];
  const keep = (line: CutLine | CheckLine) => {
    lines.push(line);
    t.comment(JSON.stringify(line));
  };
  const options = { machine, sync: 'full', seed, folder, keep } as const;
  const campaign = await Campaign.resume(options, 0);
  // One life at least is cut while it works.
  const isWorked = () => lines.some((line) => 'cut' in line && line.acknowledged > 0);
  while (campaign.cuts < cuts || !isWorked()) t.match(String(await campaign.cut()), /^(?:clean|null)$/);

  const unknown = 'f'.repeat(64);
  appendFileSync(join(folder, 'acknowledged.txt'), `${unknown}\n`);
  const last = await Campaign.resume(options, campaign.cuts);
  t.equal(await last.check(), 'lost', 'one that the ledger never had is missed');
  t.match(lines.at(-1), { missing: 1 });
  t.same(lines.at(-1), { ...lines.at(-1), why: [`lost ${unknown}`] }, 'and nothing else; verify is clean');
});
