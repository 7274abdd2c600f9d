import { createCipheriv } from 'node:crypto';
import { bytesOf, stored } from '../../chunks/store-contract.ts';
import { newChunks } from './open-chunks.ts';
import { RACE_BYTES } from './race.ts';

/** One of two processes that store the same: `race-main.ts PATH NAME`. */
const [path = '', name = ''] = process.argv.slice(2);
const bytes = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16)).update(Buffer.alloc(RACE_BYTES));
const ends: (() => unknown)[] = [];
const chunks = newChunks(
  { teardown: (end) => void ends.push(() => (typeof end === 'function' ? end() : undefined)) },
  { path },
);
const root = await stored(chunks, name, bytes);
console.log((await bytesOf(chunks, root)).equals(bytes) ? 'whole' : 'not whole');
for (const end of ends) end();
