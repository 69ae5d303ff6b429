// Bundles the page into page/: `node build.mjs`.
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';

await build({
  entryPoints: { page: 'src/page.jsx' },
  outdir: 'page',
  bundle: true,
  format: 'esm',
  splitting: true,
  jsx: 'automatic',
  loader: { '.svg': 'dataurl', '.woff': 'dataurl', '.woff2': 'dataurl', '.ttf': 'dataurl', '.eot': 'dataurl', '.png': 'dataurl' },
  define: { 'process.env.NODE_ENV': '"production"', 'process.env': '{}', global: 'window' },
  logLevel: 'warning',
});
await mkdir('page/public/fonts/inter', { recursive: true });
await mkdir('page/public/build', { recursive: true });
for (const [weight, name] of [[400, 'Regular'], [500, 'Medium']]) {
  await cp(`node_modules/@fontsource/inter/files/inter-latin-${weight}-normal.woff2`, `page/public/fonts/inter/Inter-${name}.woff2`);
}
await cp('node_modules/@grafana/ui/dist/public/img', 'page/public/build/img', { recursive: true });
await writeFile('page/index.html', '<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="/page.css"><div id="root"></div><script type="module" src="/page.js"></script>\n');
