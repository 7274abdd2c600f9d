import t from 'tap';
import { encodeJson } from '../../src/format/json-value.ts';
import { StateTable } from '../../src/store/states.ts';
import { stateReaderContract } from '../contract/state-reader.ts';
import { newDatabase } from './open-store.ts';

t.test('the table on disk', async (t) => {
  const database = newDatabase(t);
  // What is read is tested here, not what a power cut leaves.
  database.pragma('synchronous = OFF');
  const put = database.prepare('INSERT OR REPLACE INTO state VALUES (?, ?, ?)');
  const remove = database.prepare('DELETE FROM state WHERE dapp = ? AND key = ?');
  const table = new StateTable(database);
  stateReaderContract(t, () => {
    database.prepare('DELETE FROM state').run();
    return {
      reader: table,
      write: (dapp, writes) => {
        for (const { key, value } of writes) {
          if (value === null) remove.run(dapp, key);
          else put.run(dapp, key, encodeJson(value));
        }
      },
    };
  });
});

t.test('a value that was spoiled on disk is an error with a code, never another value', async (t) => {
  const database = newDatabase(t);
  const put = database.prepare('INSERT OR REPLACE INTO state VALUES (?, ?, ?)');
  const table = new StateTable(database);
  for (const bytes of ['', 'ff', '1817', 'a1', '01ff', 'd82a40', 'f93c00', '5f']) {
    put.run('a', 'k', Buffer.from(bytes, 'hex'));
    t.throws(() => table.read('a', 'k'), { name: 'CodedError', code: /^(cbor|json)_/ }, `bytes ${bytes}`);
    t.throws(() => table.scan('a', '', null, 9), { name: 'CodedError', code: /^(cbor|json)_/ });
  }
  put.run('a', 'k', Buffer.alloc(65 * 1024));
  t.throws(() => table.read('a', 'k'), { code: 'cbor_too_large' });
});
