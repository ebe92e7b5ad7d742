import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0007_tax_treatment'),
    ]

    operations = [
        migrations.AddField(
            model_name='product',
            name='has_stock_control',
            field=models.BooleanField(default=False, help_text='Only as many are sold as are in stock.', verbose_name='stock control'),
        ),
        migrations.AddField(
            model_name='product',
            name='stock_quantity',
            field=models.PositiveIntegerField(default=0, help_text='Falls with each order, grows again when one is cancelled.', verbose_name='in stock'),
        ),
        migrations.AddField(
            model_name='product',
            name='is_prorata',
            field=models.BooleanField(default=False, help_text='The first payment covers the days up to the prorata date; every later period begins on it.', verbose_name='prorata billing'),
        ),
        migrations.AddField(
            model_name='product',
            name='prorata_day',
            field=models.PositiveSmallIntegerField(default=1, help_text='Day of the month, 1 to 31; in a shorter month its last day.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(31)], verbose_name='prorata date'),
        ),
        migrations.AddField(
            model_name='product',
            name='prorata_next_after',
            field=models.PositiveSmallIntegerField(default=32, help_text='Who orders after this day pays for the next period too: 0 always, 32 never.', validators=[django.core.validators.MaxValueValidator(32)], verbose_name='charge next month after day'),
        ),
        migrations.AddConstraint(
            model_name='product',
            constraint=models.CheckConstraint(condition=models.Q(('prorata_day__gte', 1), ('prorata_day__lte', 31), ('prorata_next_after__lte', 32)), name='prorata_days_are_of_a_month'),
        ),
    ]
