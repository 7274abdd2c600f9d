import t from 'tap';
import { pinsInputsContract } from '../../contract/pins-inputs.ts';
import { pinsMemoryContract } from '../../contract/pins-memory.ts';
import { type Cleaner, startWith } from '../../contract/pins-process.ts';
import { pinsReloadContract } from '../../contract/pins-reload.ts';
import { pinsWiegandContract } from '../../contract/pins-wiegand.ts';
import { buildPins, VIRTUAL } from './build.ts';

const PROGRAMS = { 'C program, simulated lines': [buildPins('gpio_sim')], 'virtual twin': VIRTUAL };

for (const [name, command] of Object.entries(PROGRAMS)) {
  t.test(name, async (t) => {
    const begin = (t: Cleaner) => startWith(t, command);
    pinsInputsContract(t, begin);
    pinsWiegandContract(t, begin);
    pinsReloadContract(t, begin);
    pinsMemoryContract(t, begin);
  });
}
