import { wrongOption } from './declaration-text.ts';

/** The next `count` tries to drive `name` on or off, or to claim it, fail. For lines that only exist in memory. */
export interface Fault {
  readonly name: string;
  readonly what: 'on' | 'off' | 'claim';
  count: number;
}

/** @throws bad_pins_option */
export function readFault(text: string): Fault {
  const match = /^([^,]{1,32}),(on|off|claim),([0-9]{1,4})$/.exec(text);
  const [, name = '', what, count] = match ?? [];
  if (what !== 'on' && what !== 'off' && what !== 'claim') {
    throw wrongOption(`--fault ${text}: expected NAME,on|off|claim,COUNT`);
  }
  return { name, what, count: Number(count) };
}

/** Whether this try is one of those that fail. */
export function isFaulty(faults: readonly Fault[], name: string, what: Fault['what']): boolean {
  const fault = faults.find((one) => one.name === name && one.what === what && one.count > 0);
  if (fault === undefined) return false;
  fault.count -= 1;
  return true;
}
