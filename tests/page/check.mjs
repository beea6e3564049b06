// Looks at finished pages: screenshots in light, dark, narrow; what runs over the side; what axe says. See README.md.
// It builds nothing and is no part of `cargo test`.
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [, , out, ...pages] = process.argv;
if (!pages.length) {
  console.error('node check.mjs OUT PAGE.html…');
  process.exit(2);
}
const { chromium } = createRequire(path.resolve('package.json'))('playwright-core');
const axe = fs.readFileSync('node_modules/axe-core/axe.min.js', 'utf8');
const views = [['light', 1000], ['dark', 1400], ['light', 360], ['dark', 360]];
fs.mkdirSync(out, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
});
let wrong = 0;
for (const page of pages) {
  const name = path.basename(page, '.html');
  for (const [colorScheme, width] of views) {
    // bypassCSP: axe is a script, and the page's policy allows none.
    const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 }, bypassCSP: true });
    const tab = await context.newPage();
    await tab.goto(pathToFileURL(page).href);
    await tab.screenshot({ path: path.join(out, `${name}-${colorScheme}-${width}.png`), fullPage: true });
    const over = await tab.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    await tab.evaluate(axe);
    const { violations } = await tab.evaluate(() => axe.run());
    for (const { id, nodes } of violations) console.log(`${name} ${colorScheme} ${width}: ${id}: ${nodes[0].html.slice(0, 120)}`);
    if (over > 0) console.log(`${name} ${colorScheme} ${width}: ${over} pixels over the side`);
    wrong += violations.length + (over > 0 ? 1 : 0);
    await context.close();
  }
}
await browser.close();
process.exit(wrong ? 1 : 0);
