# psycopg2 and psycopg 3 for `clients`:  python3 client.py psycopg2|psycopg
#
# client.mjs says what is read and written.

import datetime
import decimal
import importlib
import io
import re
import sys

library = sys.argv[1]
driver = importlib.import_module(library)
Json = importlib.import_module('psycopg2.extras' if library == 'psycopg2' else 'psycopg.types.json').Json
connection = driver.connect('')
connection.autocommit = True


def query(sql, values=()):
    cursor = connection.cursor()
    if values:
        sql = re.sub(r'\$(\d+)', r'%(p\1)s', sql.replace('%', '%%'))
        cursor.execute(sql, {f'p{n}': value for n, value in enumerate(values, 1)})
    else:
        cursor.execute(sql)
    return cursor.fetchone()[0] if cursor.description else None


def copy(source, target):
    cursor = connection.cursor()
    if library == 'psycopg2':
        data = io.BytesIO()
        cursor.copy_expert(source, data)
        data.seek(0)
        cursor.copy_expert(target, data)
        return
    with cursor.copy(source) as out:
        data = [bytes(block) for block in out]
    with cursor.copy(target) as into:
        for block in data:
            into.write(block)


# A json is given as lists and dicts, which go back as such only.
def fetched(sql):
    value = query(sql)
    return Json(value) if isinstance(value, (dict, list)) else value


KINDS = {
    'int': int,
    'float': float,
    'decimal': decimal.Decimal,
    'text': str,
    'bool': lambda text: text == 'true',
    'date': datetime.date.fromisoformat,
    'time': lambda text: datetime.datetime.fromisoformat(text + 'T00:00:00+00:00'),
    'stamp': datetime.datetime.fromisoformat,
    'fetched': fetched,
}


def value(field):
    kind, text = field.split(':', 1)
    if kind.endswith('[]'):
        return [KINDS[kind[:-2]](item) for item in text.split(',')]
    return KINDS[kind](text)


def type_of(x):
    return f'list of {type_of(x[0])}' if isinstance(x, list) else type(x).__name__


def answer(verb, sql, *rest):
    if verb == 'copy':
        copy(sql, rest[0])
        return ['ok']
    result = query(sql, [value(field) for field in rest])
    return ['ok', result, type_of(result)]


for line in sys.stdin:
    try:
        fields = answer(*line.rstrip('\n').split('\t'))
    except Exception as error:
        state = getattr(error, 'pgcode', None) or getattr(error, 'sqlstate', None) or 'client'
        fields = ['error', state, error]
    print('\t'.join(re.sub(r'\s+', ' ', str(field)) for field in fields), flush=True)
