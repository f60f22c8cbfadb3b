// JDBC for `clients`:  java Client [stringtype]
//
// client.mjs says what is read and written.  The driver knows TCP only, so the socket in the server's folder comes
// from UnixSocketFactory.

import java.io.*;
import java.math.BigDecimal;
import java.net.*;
import java.nio.channels.*;
import java.nio.file.Path;
import java.sql.*;
import java.time.*;
import java.util.*;
import java.util.regex.*;
import javax.net.SocketFactory;
import org.postgresql.PGConnection;

public class Client {
	static Connection connection;

	static class NoSuchKind extends RuntimeException {}

	public static void main(String[] arguments) throws Exception {
		Properties settings = new Properties();
		settings.setProperty("user", System.getenv("PGUSER"));
		settings.setProperty("socketFactory", UnixSocketFactory.class.getName());
		settings.setProperty("sslmode", "disable");
		if (arguments.length > 0)
			settings.setProperty("stringtype", arguments[0]);
		connection = DriverManager.getConnection("jdbc:postgresql://localhost/postgres", settings);
		BufferedReader in = new BufferedReader(new InputStreamReader(System.in, "UTF-8"));
		for (String line; (line = in.readLine()) != null;) {
			String reply;
			try {
				reply = answer(line.split("\t"));
			} catch (NoSuchKind error) {
				reply = "none";
			} catch (SQLException error) {
				reply = "error\t" + error.getSQLState() + "\t" + error.getMessage().replaceAll("\\s+", " ");
			}
			System.out.println(reply);
		}
	}

	static String answer(String[] request) throws Exception {
		if (request[0].equals("copy")) {
			copy(request[1], request[2]);
			return "ok";
		}
		Object[] values = new Object[request.length - 2];
		for (int i = 0; i < values.length; i++)
			values[i] = value(request[i + 2]);
		Object result = first(request[1], values);
		return "ok\t" + String.valueOf(result).replaceAll("\\s+", " ") + "\t" + typeOf(result);
	}

	// JDBC's placeholders are question marks, each of which is the next parameter.
	static Object first(String sql, Object... values) throws SQLException {
		Matcher numbers = Pattern.compile("\\$(\\d+)").matcher(sql);
		try (PreparedStatement statement = connection.prepareStatement(numbers.replaceAll("?"))) {
			numbers.reset();
			for (int i = 1; numbers.find(); i++)
				bind(statement, i, values[Integer.parseInt(numbers.group(1)) - 1]);
			if (!statement.execute())
				return null;
			ResultSet rows = statement.getResultSet();
			return rows.next() ? rows.getObject(1) : null;
		}
	}

	static void bind(PreparedStatement statement, int i, Object value) throws SQLException {
		if (value instanceof Long)
			statement.setLong(i, (Long) value);
		else if (value instanceof Double)
			statement.setDouble(i, (Double) value);
		else if (value instanceof String)
			statement.setString(i, (String) value);
		else if (value instanceof Timestamp)
			statement.setTimestamp(i, (Timestamp) value);
		else
			statement.setObject(i, value);
	}

	static Object value(String field) throws SQLException {
		String kind = field.substring(0, field.indexOf(':')), text = field.substring(field.indexOf(':') + 1);
		switch (kind) {
			case "int": return Long.valueOf(text);
			case "float": return Double.valueOf(text);
			case "decimal": return new BigDecimal(text);
			case "text": return text;
			case "bool": return Boolean.valueOf(text);
			case "date": return LocalDate.parse(text);
			case "time": return LocalDate.parse(text).atStartOfDay().atOffset(ZoneOffset.UTC);
			case "stamp": return Timestamp.valueOf(LocalDate.parse(text).atStartOfDay());
			case "int[]": return array("int8", text);
			case "float[]": return array("float8", text);
			case "decimal[]": return array("numeric", text);
			case "text[]": return array("text", text);
			case "fetched": return first(text);
			default: throw new NoSuchKind();
		}
	}

	static Array array(String type, String text) throws SQLException {
		return connection.createArrayOf(type, text.split(","));
	}

	static void copy(String from, String to) throws Exception {
		ByteArrayOutputStream data = new ByteArrayOutputStream();
		connection.unwrap(PGConnection.class).getCopyAPI().copyOut(from, data);
		connection.unwrap(PGConnection.class).getCopyAPI().copyIn(to, new ByteArrayInputStream(data.toByteArray()));
	}

	static String typeOf(Object x) throws SQLException {
		if (x instanceof Array)
			return "Array of " + ((Object[]) ((Array) x).getArray())[0].getClass().getSimpleName();
		return x == null ? "null" : x.getClass().getSimpleName();
	}

	// A socket of the file system, with as much of Socket as the driver uses.
	public static class UnixSocketFactory extends SocketFactory {
		public Socket createSocket() throws IOException {
			SocketChannel channel = SocketChannel.open(
				UnixDomainSocketAddress.of(Path.of(System.getenv("PGHOST"), ".s.PGSQL." + System.getenv("PGPORT"))));
			return new Socket() {
				public void connect(SocketAddress address, int timeout) {}
				public InputStream getInputStream() { return Channels.newInputStream(channel); }
				public OutputStream getOutputStream() { return Channels.newOutputStream(channel); }
				public void setTcpNoDelay(boolean on) {}
				public void setKeepAlive(boolean on) {}
				public void setSoTimeout(int timeout) {}
				public int getSoTimeout() { return 0; }
				public int getSendBufferSize() { return 8192; }
				public void close() throws IOException { channel.close(); }
			};
		}
		// The driver calls none of these.
		public Socket createSocket(String host, int port) { return null; }
		public Socket createSocket(InetAddress host, int port) { return null; }
		public Socket createSocket(String host, int port, InetAddress local, int localPort) { return null; }
		public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort) { return null; }
	}
}
