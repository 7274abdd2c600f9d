import type { Draw } from './draw.ts';

/** Pieces on which engines have differed: composition, casing by context, white space, order of marks. */
const PIECES = [
  'a',
  'B',
  ' ',
  '\u00a0',
  '\u3000',
  '\u00e9',
  'e\u0301',
  '\u0301',
  '\u0345',
  '\u0316',
  '\u03a3',
  '\u03c2',
  '\u0130',
  '\u00df',
  '\u1e9e',
  '\u017f',
  '\u212a',
  '\u212b',
  '\ufb01',
  '\ud55c',
  '\u1112',
  '\u1161',
  '\u11ab',
  '\u01c5',
  '\u1fb3',
  '\u{1d15e}',
  '\u{1f469}\u200d\u{1f52c}',
  '\u{10400}',
  '\u{1e921}',
  '\u0958',
  '\u1e0b\u0323',
  '\u{16d68}',
] as const; // prettier-ignore

/** A few characters from all over Unicode, lone surrogates left out: they cannot travel. */
export function oddText(draw: Draw): string {
  let text = draw.of(PIECES);
  for (let more = draw.integer(0, 3); more > 0; more -= 1) {
    const point = draw.integer(0x20, 0xffff) + (draw.chance(20) ? 0x10000 : 0);
    const isSurrogate = point >= 0xd800 && point <= 0xdfff;
    text += draw.chance(60) || isSurrogate ? draw.of(PIECES) : String.fromCodePoint(point);
  }
  return text;
}

const ZONES = [
  'UTC0',
  'CET-1CEST,M3.5.0,M10.5.0/3',
  'EST5EDT,M3.2.0,M11.1.0',
  'AEST-10AEDT,M10.1.0,M4.1.0/3',
  'IST-5:30',
  '<+1245>-12:45<+1345>,M9.5.0/2:45,M4.1.0/3:45',
  'IST-1GMT0,M10.5.0,M3.5.0/1',
  'EET-2EEST,M3.4.4/50,M10.4.4/50',
  '<-02>2<-01>,M3.5.0/-1,M10.5.0/0',
  'XYZ3ABC,J60/0,J300/0',
  'XYZ-3ABC,59/2,299/2',
] as const;

export function zoneText(draw: Draw): string {
  return draw.chance(5) ? draw.of(['CET', 'UTC+25', 'CET-1CEST', 'Europe/Berlin']) : draw.of(ZONES);
}

/** Hours of a week as schedules and guests have them, now and then ones that are refused. */
export function hoursOf(draw: Draw): { readonly days: number[]; readonly from: number; readonly to: number }[] {
  return Array.from({ length: draw.integer(0, 3) }, () => {
    const first = draw.integer(1, 7);
    const days = Array.from({ length: draw.integer(1, 8 - first) }, (_, i) => first + i);
    const from = draw.integer(0, 1439);
    return { days, from, to: draw.chance(5) ? draw.integer(1, 2880) : from + draw.integer(1, 1440) };
  });
}
