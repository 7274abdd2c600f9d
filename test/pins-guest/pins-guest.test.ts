import t from 'tap';
import { showMachines } from './run.ts';

/** Lines of a real kernel: programs that drive and hear them. */

await showMachines(t, [['wiegand', 'contract-c', 'keyboard', 'lines'], ['contract-onoff']]);
