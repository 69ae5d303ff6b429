// What the plugins of Grafana's panels add to a dashboard's JSON: defaults, and the options of fields.
import { Registry, applyFieldOverrides, createTheme, standardFieldConfigEditorRegistry, standardTransformers, standardTransformersRegistry } from '@grafana/data';

export const theme = createTheme({ colors: { mode: 'dark' } });
const STANDARD = ['unit', 'min', 'max', 'decimals', 'displayName', 'noValue', 'thresholds', 'mappings', 'links', 'color'];
const CUSTOM = [
  ...['width', 'align', 'cellOptions', 'inspect', 'wrapText', 'hidden', 'filterable', 'hideFrom'],
  ...['drawStyle', 'lineWidth', 'lineInterpolation', 'lineStyle', 'fillOpacity', 'fillBelowTo', 'gradientMode', 'showPoints', 'pointSize', 'spanNulls', 'insertNulls'],
  ...['stacking', 'axisPlacement', 'axisLabel', 'axisSoftMin', 'axisSoftMax', 'axisBorderShow', 'axisColorMode', 'axisCenteredZero', 'scaleDistribution'],
  ...['thresholdsStyle', 'barAlignment', 'barWidthFactor'],
];
const SERIES = {
  ...{ drawStyle: 'line', lineInterpolation: 'linear', lineWidth: 1, fillOpacity: 0, gradientMode: 'none', spanNulls: false, insertNulls: false, showPoints: 'auto', pointSize: 5 },
  ...{ stacking: { mode: 'none', group: 'A' }, axisPlacement: 'auto', axisLabel: '', axisColorMode: 'text', axisBorderShow: false, axisCenteredZero: false },
  ...{ scaleDistribution: { type: 'linear' }, hideFrom: { tooltip: false, viz: false, legend: false }, thresholdsStyle: { mode: 'off' }, barAlignment: 0, barWidthFactor: 0.6 },
};
const option = (id, more = {}) => ({ id, path: id, name: id, process: (value) => value, shouldApply: () => true, ...more });
const standard = STANDARD.map((id) => option(id));
const registry = new Registry(() => [...standard, ...CUSTOM.map((id) => option(`custom.${id}`, { path: id, isCustom: true }))]);
standardFieldConfigEditorRegistry.setInit(() => standard);
standardTransformersRegistry.setInit(() => [standardTransformers.organizeFieldsTransformer, standardTransformers.renameFieldsTransformer, standardTransformers.filterFieldsByNameTransformer, standardTransformers.orderFieldsTransformer].map((each) => ({ id: each.id, name: each.name, transformation: () => Promise.resolve(each) })));

export function fieldConfig(panel) {
  const config = structuredClone(panel.fieldConfig ?? { defaults: {}, overrides: [] });
  if (panel.type === 'timeseries') config.defaults.custom = { ...SERIES, ...config.defaults.custom };
  config.defaults.color ??= { mode: panel.type === 'timeseries' ? 'palette-classic' : 'thresholds' };
  config.defaults.thresholds ??= { mode: 'absolute', steps: [{ value: null, color: 'green' }] };
  for (const step of config.defaults.thresholds.steps) step.value ??= -Infinity;
  for (const { properties } of config.overrides) {
    const wraps = properties.some(({ id, value }) => id === 'custom.cellOptions' && value.wrapText);
    if (wraps) properties.push({ id: 'custom.wrapText', value: true }); // Grafana's own migration of older tables
  }
  return config;
}

export const overridden = (data, config) => applyFieldOverrides({ data, fieldConfig: config, fieldConfigRegistry: registry, replaceVariables: (text) => text, theme, timeZone: 'utc' });
