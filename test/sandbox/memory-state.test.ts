import t from 'tap';
import { MemoryState } from '../../src/sandbox/memory-state.ts';
import { stateReaderContract } from '../contract/state-reader.ts';

stateReaderContract(t, () => {
  const state = new MemoryState();
  return { reader: state, write: (dapp, writes) => state.write(dapp, writes) };
});
