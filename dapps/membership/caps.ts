/**
 * How much there may be of what one command reads or writes at once: `member.forget` removes all of it in one
 * outcome, which has at most 256 writes. Member, name, id and family are 4; each badge and its views are 8 (removed,
 * and blocked anew where it is lost); each note is 1. The rows of each kind also come in one page of a scan.
 */
export const BADGES_MAX = 16;
export const VIEWS_MAX = 3;
export const NOTES_MAX = 32;
export const GROUPS_MAX = 16;
export const PLANS_MAX = 16;
