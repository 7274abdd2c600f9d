/** What both halves of the dapp greet the node with; the same as in `dapp.json`. */
export const NAME = 'door';
export const VERSION = '0.3.0';
export const KINDS = [
  'door.add',
  'door.edit',
  'door.remove',
  'door.disable',
  'door.enable',
  'lockdown',
  'lockdown.end',
  'schedule.set',
  'schedule.remove',
  'holiday.set',
  'holiday.remove',
  'space.set',
  'glass.add',
  'glass.remove',
  'alarm.clear',
  'granted',
  'denied',
  'opened',
  'kept',
  'alarm',
  'alert',
  'found.open',
] as const;
