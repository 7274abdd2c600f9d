import type { WifiSettings } from './settings.ts';

const HEX_KEY = /^[0-9A-Fa-f]{64}$/;

/** What wpa_supplicant reads, or null where no network is named: see wpa_supplicant.conf(5). */
export function wpaConfig({ ssid, password, hidden, country }: WifiSettings): string | null {
  if (ssid === undefined) return null;
  return [
    'ctrl_interface=DIR=/run/wpa_supplicant',
    ...(country === undefined ? [] : [`country=${country}`]),
    'network={',
    // In hex, no name needs quoting.
    `  ssid=${Buffer.from(ssid).toString('hex')}`,
    ...(hidden === true ? ['  scan_ssid=1'] : []),
    ...keyLines(password).map((line) => `  ${line}`),
    '}',
    '',
  ].join('\n');
}

function keyLines(password: string | undefined): readonly string[] {
  if (password === undefined) return ['key_mgmt=NONE'];
  // A key that was derived for WPA2 says nothing of the passphrase that WPA3 asks for.
  if (HEX_KEY.test(password)) return ['key_mgmt=WPA-PSK WPA-PSK-SHA256', `psk=${password}`, 'ieee80211w=1'];
  // Up to the last quote of the line all is the passphrase, quotes in it too.
  return ['key_mgmt=WPA-PSK WPA-PSK-SHA256 SAE', `psk="${password}"`, 'ieee80211w=1'];
}
