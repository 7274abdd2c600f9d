/** A whole number from the environment; absent or empty is `otherwise`. @throws when it is none, or above `max`. */
export function wholeSetting(name: string, otherwise: number, max: number): number {
  const text = process.env[name] || String(otherwise);
  if (!/^\d{1,10}$/.test(text) || Number(text) > max) throw new Error(`${name}=${text}: a whole number up to ${max}`);
  return Number(text);
}
