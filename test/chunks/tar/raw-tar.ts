/** Archives byte by byte, made without a line of what they test: also those that no tool makes. */

export interface RawMember {
  readonly path?: string;
  readonly type?: string;
  /** What the header says; the length of the body otherwise. */
  readonly size?: number | Buffer;
  readonly body?: Buffer | string;
  readonly link?: string;
  readonly mode?: string;
  readonly uid?: string;
  readonly mtime?: string;
  readonly magic?: string;
  readonly checksum?: string;
  /** Bytes put over the header, before its sum is taken. */
  readonly over?: readonly (readonly [at: number, bytes: string])[];
}

export function rawMember(member: RawMember): Buffer {
  const body = typeof member.body === 'object' ? member.body : Buffer.from(member.body ?? '', 'latin1');
  const size = member.size ?? body.length;
  const header = Buffer.alloc(512);
  header.write(member.path ?? 'file', 0, 100, 'latin1');
  header.write(member.mode ?? '0000644', 100, 'latin1');
  header.write(member.uid ?? '0000000', 108, 'latin1');
  header.write('0000000', 116, 'latin1');
  if (typeof size === 'number') header.write(size.toString(8).padStart(11, '0'), 124, 'latin1');
  else header.set(size, 124);
  header.write(member.mtime ?? '00000000001', 136, 'latin1');
  header.write(member.type ?? '0', 156, 'latin1');
  header.write(member.link ?? '', 157, 100, 'latin1');
  header.write(member.magic ?? 'ustar\x0000', 257, 'latin1');
  for (const [at, bytes] of member.over ?? []) header.write(bytes, at, 'latin1');
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(member.checksum ?? `${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return Buffer.concat([header, body, Buffer.alloc((512 - (body.length % 512)) % 512)]);
}

/** An extended header of these records, each with the length it should have. */
export function pax(records: readonly (readonly [key: string, value: string])[], type = 'x'): Buffer {
  return rawMember({ path: 'pax', type, body: records.map(([key, value]) => record(key, value)).join('') });
}

function record(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length;
  while (`${length}`.length + rest.length !== length) length = `${length}`.length + rest.length;
  return `${length}${rest}`;
}

export const END = Buffer.alloc(1024);

export function archive(...members: readonly (Buffer | RawMember)[]): Buffer {
  return Buffer.concat([...members.map((member) => (Buffer.isBuffer(member) ? member : rawMember(member))), END]);
}
