import { TerminalReport } from './report.ts';
import { VARIANTS } from './variants.ts';

/** `make image-variants`: first starts without network, without clock, with broken files and full cards. */

const report = new TerminalReport();
const only = process.env.ONLY ?? '';
for (const { name, show } of VARIANTS.filter((one) => one.name.includes(only))) {
  report.say(name);
  try {
    await show(process.env.BOARD || 'virt-arm64', report);
  } catch (error) {
    report.ok(false, `${name}: ${String(error)}`);
  }
}
process.exitCode = report.end();
