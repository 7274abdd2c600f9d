import t from 'tap';
import { showMachines } from './run.ts';

/** A whole node on lines of a real kernel, with either pins process. */

await showMachines(t, [['door-c'], ['door-onoff']]);
