import t from 'tap';
import { MemoryStore } from './memory-store.ts';
import { storeContract } from './store-contract.ts';

t.test('a store in memory', (t) => storeContract(t, () => new MemoryStore()));
