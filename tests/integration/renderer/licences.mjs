// Fails where a package that is installed here has a licence that is not on the list: `node licences.mjs`.
import { readFileSync } from 'node:fs';

const ALLOWED = /^\(?((MIT|Apache-2\.0|ISC|BSD-[23]-Clause|0BSD|Unlicense|CC0-1\.0|BlueOak-1\.0\.0|OFL-1\.1|Zlib|MPL-2\.0 OR Apache-2\.0)( AND )?)+\)?$/;
// Their package.json has none. The first two are in the public domain by their LICENSE; the last comes with Grafana's components, names no
// licence at all, and is on no page that is drawn here.
const SILENT = ['fast-shallow-equal', 'react-universal-interface', 'get-document'];

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const others = Object.entries(packages).filter(([path, { license }]) => path && !ALLOWED.test(license ?? '') && !SILENT.includes(path.replace(/^.*node_modules\//, '')));
for (const [path, { license }] of others) console.error(`${path}: ${license ?? 'no licence'}`);
process.exit(others.length ? 1 : 0);
