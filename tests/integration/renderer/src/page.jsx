// The page: the dashboard's panels in their places. `window.view` says which time and which values of the variables, `window.dashboard` is the JSON.
import { ThemeContext } from '@grafana/data';
import { initPluginTranslations } from '@grafana/i18n';
import { GlobalStyles, PortalContainer } from '@grafana/ui';
import { createRoot } from 'react-dom/client';
import { theme } from './looks.js';
import { Panel } from './panels.jsx';

const ROW = 38; // pixels, of Grafana's grid
const GAP = 8;

function Variables({ dashboard, view }) {
  const all = { '.+': 'All', '.*': 'All' };
  const name = { background: theme.colors.background.secondary, padding: '6px 8px', fontSize: 12, fontWeight: 500 };
  const box = { border: `1px solid ${theme.colors.border.medium}`, padding: '5px 24px 5px 8px', fontSize: 14 };
  const shown = dashboard.templating.list.filter((each) => each.hide !== 2);
  return (
    <div style={{ display: 'flex', flexWrap: 'wrap', gap: GAP, padding: `${GAP}px 0` }}>
      {shown.map((each) => (
        <div key={each.name} style={{ display: 'flex' }}>
          <div style={name}>{each.label}</div>
          <div style={box}>{all[view.variables[each.name]] ?? view.variables[each.name]}</div>
        </div>
      ))}
    </div>
  );
}

function Board({ dashboard, view }) {
  const column = (window.innerWidth - 4 * GAP + GAP) / 24;
  const end = Math.max(...dashboard.panels.map(({ gridPos: { y, h } }) => y + h));
  return (
    <div style={{ padding: `0 ${2 * GAP}px`, background: theme.colors.background.canvas }}>
      <Variables dashboard={dashboard} view={view} />
      <div style={{ position: 'relative', height: end * ROW }}>
        {dashboard.panels.map((panel) => {
          const { x, y, w, h } = panel.gridPos;
          const [width, height] = [w * column - GAP, h * ROW - GAP];
          return (
            <div key={panel.id} data-panel={panel.title} style={{ position: 'absolute', left: x * column, top: y * ROW, width, height }}>
              {panel.type === 'row' ? <div style={{ fontSize: 16, fontWeight: 500 }}>⌄ {panel.title}</div> : <Panel panel={panel} view={view} width={width} height={height} />}
            </div>
          );
        })}
      </div>
    </div>
  );
}

window.__grafana_public_path__ = '/public/';
window.grafanaBootData = { settings: { featureToggles: {} }, user: {} };
await initPluginTranslations('renderer').catch(() => {}); // English without
document.body.style.margin = 0;
createRoot(document.getElementById('root')).render(
  <ThemeContext.Provider value={theme}>
    <GlobalStyles />
    <Board dashboard={window.dashboard} view={window.view} />
    <PortalContainer />
  </ThemeContext.Provider>,
);
