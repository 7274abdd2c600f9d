import t from 'tap';
import { storeContract } from '../../chunks/store-contract.ts';
import { newChunks } from './open-chunks.ts';

t.test('a store on disk', (t) => storeContract(t, (t) => newChunks(t)));
