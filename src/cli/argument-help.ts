/** How `--help` tells what arguments are that several commands take. */
export const NUMBER =
  'the number on the card: 10 digits, 8 or 10 hex digits, 3+5 digits with a comma (for doors of 24 bits alone), uid: and hex (a card of 13.56 MHz), or 36: or 37: and facility/card (such a Wiegand card)';
export const WHO = 'name or id of the member';
export const WHICH = 'id or label of the badge, where the member has several';
