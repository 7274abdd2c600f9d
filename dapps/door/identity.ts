/** What both halves of the dapp greet the node with; the same as in `dapp.json`. */
export const NAME = 'door';
export const VERSION = '0.1.0';
export const KINDS = ['door.add', 'schedule.set', 'granted', 'denied'] as const;
