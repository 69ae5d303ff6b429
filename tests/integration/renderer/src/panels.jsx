// A panel, drawn by Grafana's components. What they draw on a canvas is told in `window.drawn` as well: limits of axes, and series with their largest values.
import { FieldType, LoadingState, cacheFieldDisplayNames, dateTime, getFieldDisplayName, getFieldDisplayValues, transformDataFrame } from '@grafana/data';
import { BigValue, PanelChrome, TimeSeries } from '@grafana/ui';
import { TableNG } from '@grafana/ui/unstable';
import { useEffect, useMemo, useState } from 'react';
import { fieldConfig, overridden, theme } from './looks.js';
import { ask } from './query.js';

window.drawn = {};

export function Panel({ panel, view, width, height }) {
  const [answer, setAnswer] = useState(null);
  useEffect(() => {
    ask(panel, view, width).then(setAnswer, (error) => setAnswer({ frames: [], errors: [String(error)] }));
  }, []);
  return (
    <PanelChrome title={panel.title} description={panel.description} width={width} height={height} padding="md" loadingState={LoadingState.Done}>
      {(inner, space) => answer && <Body panel={panel} view={view} answer={answer} width={inner} height={space} />}
    </PanelChrome>
  );
}

const numbers = (frame) => frame.fields.filter((field) => field.type === FieldType.number);
const isEmpty = (frames) => !frames.some((frame) => frame.length && numbers(frame).some((field) => field.values.some((value) => value !== null)));

function Body({ panel, view, answer, width, height }) {
  const config = useMemo(() => fieldConfig(panel), []);
  const state = answer.errors.length ? 'error' : isEmpty(answer.frames) ? 'empty' : 'data';
  const space = { width, height, view, panel, config, frames: answer.frames };
  window.drawn[panel.title] = { ...window.drawn[panel.title], state, type: panel.type, errors: answer.errors };
  if (state === 'error') return <p style={{ color: theme.colors.error.text }}>{answer.errors.join('\n')}</p>;
  if (state === 'empty') return <p style={{ color: theme.colors.text.secondary, textAlign: 'center', marginTop: height / 2 - 12 }}>{config.defaults.noValue ?? 'No data'}</p>;
  return { stat: <Figure {...space} />, table: <Table {...space} />, timeseries: <Graph {...space} /> }[panel.type];
}

function Figure({ panel, config, frames, width, height }) {
  const data = overridden(frames, config);
  const values = getFieldDisplayValues({ fieldConfig: config, reduceOptions: { calcs: panel.options.reduceOptions.calcs, values: false }, replaceVariables: (text) => text, theme, data, timeZone: 'utc', sparkline: false });
  const text = values.length > 1 ? 'value_and_name' : 'value';
  return (
    <div style={{ display: 'flex', height, width }}>
      {values.map(({ display }, index) => (
        <BigValue key={index} value={display} width={width / values.length} height={height} colorMode={panel.options.colorMode} graphMode="none" textMode={text} theme={theme} count={values.length} />
      ))}
    </div>
  );
}

const rangeOf = ({ from, to }) => ({ from: dateTime(from), to: dateTime(to), raw: { from: dateTime(from), to: dateTime(to) } });

function Graph({ panel, config, frames, view, width, height }) {
  const data = useMemo(() => overridden(frames, config), [frames]);
  const told = window.drawn[panel.title];
  told.series = data.flatMap((frame) => numbers(frame).map((field) => ({ name: getFieldDisplayName(field, frame, data), colour: field.display(0).color ?? '', max: Math.max(...field.values.filter(Number.isFinite)) })));
  return (
    <TimeSeries frames={data} width={width} height={height} timeRange={rangeOf(view)} timeZone="utc" legend={panel.options.legend} options={panel.options}>
      {(builder) => {
        builder.addHook('draw', (plot) => (told.axes = Object.entries(plot.scales).filter(([key, { max }]) => key !== 'x' && Number.isFinite(max)).map(([unit, { min, max }]) => ({ unit, min, max }))));
        return null;
      }}
    </TimeSeries>
  );
}

function Table({ panel, config, frames, view, width, height }) {
  const [data, setData] = useState(null);
  useEffect(() => {
    const organised = transformDataFrame(panel.transformations ?? [], frames).subscribe((found) => setData(overridden(found, config)));
    return () => organised.unsubscribe();
  }, [frames]);
  if (!data) return null;
  cacheFieldDisplayNames(data);
  return <TableNG data={data[0]} width={width} height={height} cellHeight={panel.options.cellHeight} timeRange={rangeOf(view)} fieldConfig={config} initialSortBy={panel.options.sortBy ?? []} noHeader={false} structureRev={1} getActions={() => []} />;
}
